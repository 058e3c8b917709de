//! The Open Inference Protocol: which of its paths is asked for, what it says of the model, and
//! how it says what is wrong (<https://github.com/kserve/open-inference-protocol>).

use std::borrow::Cow;

use mlship_bundle::Port;
use serde_json::{Value, json};

use super::ask::Headers;
use super::routes::Reply;
use super::vertex::words;
use crate::answer::infer::VERSION;
use crate::problem::{Kind, Problem};
use crate::request::{Datatype, Head, Infer, Wrap, dimensions};

/// The header that says how many bytes of a body are JSON.
pub(crate) const JSON_BYTES: &str = "inference-header-content-length";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted<'p> {
    /// `GET /v2`.
    Server,
    /// `GET /v2/health/live`.
    Live,
    /// `GET /v2/health/ready`.
    Ready,
    /// `GET /v2/models/NAME`.
    Model(Cow<'p, str>),
    /// `GET /v2/models/NAME/ready`.
    ModelReady(Cow<'p, str>),
    /// `POST /v2/models/NAME/infer`.
    Infer(Cow<'p, str>),
}

/// True for the paths of the protocol.
pub(super) fn is_under(path: &str) -> bool {
    path.strip_prefix("/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a path under `/v2` asks for, or the reply where it asks for nothing.
pub(super) fn wanted<'p>(method: &str, path: &'p str) -> Result<Wanted<'p>, Reply> {
    let mut parts = path.split('/').skip(2);
    let parts = [(); 6].map(|()| parts.next());
    let (wanted, allow) = match parts {
        [None, ..] => (Wanted::Server, "GET, HEAD"),
        [Some("health"), Some("live"), None, ..] => (Wanted::Live, "GET, HEAD"),
        [Some("health"), Some("ready"), None, ..] => (Wanted::Ready, "GET, HEAD"),
        [Some("models"), Some(name), Some("versions"), Some(version), verb, None] => {
            if version != VERSION {
                let detail = format!("every model here has one version, `{VERSION}`");
                return Err(refusal(Problem::new(Kind::NotFound, detail)));
            }
            of_model(name, verb)?
        }
        [Some("models"), Some(name), verb, None, ..] => of_model(name, verb)?,
        _ => return Err(nothing()),
    };
    if allow.split(", ").any(|allowed| allowed == method) {
        return Ok(wanted);
    }
    let detail = format!("this path takes {allow}");
    let reply = refusal(Problem::new(Kind::MethodNotAllowed, detail));
    Err(Reply { allow: Some(allow), ..reply })
}

fn of_model<'p>(name: &'p str, verb: Option<&str>) -> Result<(Wanted<'p>, &'static str), Reply> {
    let name = decoded(name);
    match verb {
        None => Ok((Wanted::Model(name), "GET, HEAD")),
        Some("ready") => Ok((Wanted::ModelReady(name), "GET, HEAD")),
        Some("infer") => Ok((Wanted::Infer(name), "POST")),
        Some(_) => Err(nothing()),
    }
}

fn nothing() -> Reply {
    let detail = "the paths are `/v2`, `/v2/health/live`, `/v2/health/ready`, `/v2/models/NAME`, \
                  `/v2/models/NAME/ready` and `/v2/models/NAME/infer`";
    refusal(Problem::new(Kind::NotFound, detail))
}

/// A part of a path without its escapes.
fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = behind.get(..2).filter(|_| *byte == b'%');
        let escaped = escaped.and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the protocol says of the process.
pub(super) fn server() -> Reply {
    said(&json!({
        "name": "mlship",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["binary_tensor_data"],
    }))
}

/// What the protocol says of the model.
pub(super) fn model(infer: &Infer) -> Reply {
    let ports = |ports: &[Port]| -> Value {
        let port = |port: &Port| {
            let datatype = Datatype::of(port.element).name;
            json!({ "name": port.name, "datatype": datatype, "shape": dimensions(port) })
        };
        ports.iter().map(port).collect()
    };
    said(&json!({
        "name": infer.name,
        "versions": [VERSION],
        "platform": "mlship_onnx",
        "inputs": ports(&infer.inputs),
        "outputs": ports(&infer.outputs),
    }))
}

/// That something is so, as `{name: true}`.
pub(super) fn so(name: &str) -> Reply {
    said(&json!({ name: true }))
}

/// That `model` is the name of the model.
pub(super) fn is_named(infer: &Infer, model: &str) -> Result<(), Problem> {
    match infer.name == model {
        true => Ok(()),
        false => {
            let detail = format!("the model here is `{}`", infer.name);
            Err(Problem::new(Kind::NotFound, detail))
        }
    }
}

/// Refuses a body that is compressed on its way.
pub(super) fn is_as_it_is(headers: &dyn Headers) -> Result<(), Problem> {
    match headers.bytes("content-encoding") {
        Some(encoding) if !encoding.eq_ignore_ascii_case(b"identity") => {
            let detail = "the body is sent with `Content-Encoding`: send it as it is";
            Err(Problem::new(Kind::UnsupportedMediaType, detail))
        }
        _ => Ok(()),
    }
}

/// What the headers say of the body of an inference.
pub(super) fn head(headers: &dyn Headers) -> Result<Wrap, Problem> {
    is_as_it_is(headers)?;
    let json_bytes = match headers.bytes(JSON_BYTES) {
        None => None,
        Some(value) => {
            let length = std::str::from_utf8(value).ok().and_then(|length| length.parse().ok());
            let wrong = || {
                let detail = "`Inference-Header-Content-Length` is not a number of bytes";
                Problem::new(Kind::BrokenBody, detail)
            };
            Some(length.ok_or_else(wrong)?)
        }
    };
    Ok(Wrap::Infer(Head { json_bytes, carries: headers.carries() }))
}

/// A problem as the protocol says it: every request that is at fault is 400.
pub(super) fn refusal(problem: Problem) -> Reply {
    let status = match problem.kind.status() {
        422 => 400,
        status => status,
    };
    let error = match problem.field.as_deref().map(words) {
        Some(place) if !place.is_empty() => format!("`{place}`: {}", problem.detail),
        _ => problem.detail,
    };
    Reply { status, ..said(&json!({ "error": error })) }
}

fn said(value: &Value) -> Reply {
    Reply::json(value.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_asks_for_one_thing() {
        let name = || Cow::Borrowed("a b");
        for (method, path, expected) in [
            ("GET", "/v2", Wanted::Server),
            ("GET", "/v2/health/live", Wanted::Live),
            ("HEAD", "/v2/health/ready", Wanted::Ready),
            ("GET", "/v2/models/a%20b", Wanted::Model(name())),
            ("GET", "/v2/models/a%20b/versions/1", Wanted::Model(name())),
            ("GET", "/v2/models/a b/ready", Wanted::ModelReady(name())),
            ("GET", "/v2/models/a b/versions/1/ready", Wanted::ModelReady(name())),
            ("POST", "/v2/models/a b/infer", Wanted::Infer(name())),
            ("POST", "/v2/models/a b/versions/1/infer", Wanted::Infer(name())),
        ] {
            assert_eq!(wanted(method, path).unwrap(), expected, "{path}");
        }
        for (method, path, status) in [
            ("GET", "/v2/", 404),
            ("GET", "/v2/health", 404),
            ("GET", "/v2/health/live/x", 404),
            ("GET", "/v2/models", 404),
            ("GET", "/v2/models/a/versions/2", 404),
            ("GET", "/v2/models/a/versions/1/ready/x", 404),
            ("GET", "/v2/models/a/config", 404),
            ("POST", "/v2/repository/index", 404),
            ("GET", "/v2/models/a/infer", 405),
            ("POST", "/v2", 405),
        ] {
            assert_eq!(wanted(method, path).unwrap_err().status, status, "{path}");
        }
    }

    #[test]
    fn escapes_that_are_none_stay() {
        assert_eq!(decoded("a%2Fb%zz%4"), "a/b%zz%4");
    }
}
