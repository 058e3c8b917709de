//! Requests that the Azure Functions host wraps in JSON, and replies wrapped for it. Keeps of the
//! wrapping what a request needs, and makes no tree of the rest.
//!
//! The host wraps where `host.json` asks for neither forwarding nor proxying
//! (<https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::HeaderName;
use hyper::http::request::Parts;

use super::outline::{Found, Outline, Part};
use crate::host::ask::Headers;
use crate::host::key::API_KEY;
use crate::host::routes::Reply;
use crate::host::v2::JSON_BYTES;
use crate::problem::{Kind, Problem};
use crate::request::Carries;

/// The header that the Functions host gives to all that it sends, wrapped or not.
const MARK: &str = "x-azure-functions-invocationid";

/// What a wrapped request has around its body at most: its address, its headers, who calls.
const AROUND_BYTES: usize = 128 * 1024;

/// A request as it was before it was wrapped.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) method: String,
    pub(super) path: String,
    /// The header of that name.
    pub(super) authorization: Option<String>,
    /// The header `x-api-key`.
    pub(super) api_key: Option<String>,
    /// The header of that name.
    pub(super) content_type: Option<String>,
    /// The header of that name.
    pub(super) content_encoding: Option<String>,
    /// The header [`JSON_BYTES`].
    pub(super) json_bytes: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The longest wrapped request, in bytes, whose body has at most `body_bytes`: as text inside JSON
/// a character of it may take two.
pub(super) fn longest(body_bytes: usize) -> usize {
    body_bytes.saturating_mul(2).saturating_add(AROUND_BYTES)
}

/// True when what has this head may be wrapped; whether it is, its body says.
pub(super) fn may_be(head: &Parts) -> bool {
    head.method == Method::POST && head.headers.contains_key(HeaderName::from_static(MARK))
}

impl Invocation {
    /// The request in `bytes`; `None` when they are not wrapped. What is wrapped is an object of
    /// `Data` and `Metadata`, both objects, and of nothing else. No model takes an object in a
    /// field, so that this never is a request of somebody's own.
    pub(super) fn read(bytes: &[u8]) -> Option<Result<Self, Problem>> {
        Some(Self::unwrap(Outline::read(bytes)?))
    }

    fn unwrap(mut outline: Outline) -> Result<Self, Problem> {
        if outline.take(Part::Request) != Found::Object {
            let detail = "the function's HTTP trigger must be called `req`";
            return Err(Problem::at(Kind::Missing, "/Data/req".into(), detail));
        }
        if outline.take(Part::Headers) == Found::Wrong {
            return Err(wrong("/Data/req/Headers", "an object"));
        }
        let mut header = |part| match outline.take(part) {
            Found::Text(text) => Some(text),
            _ => None,
        };
        let authorization = header(Part::Authorization);
        let api_key = header(Part::ApiKey);
        let content_type = header(Part::ContentType);
        let content_encoding = header(Part::ContentEncoding);
        let json_bytes = header(Part::JsonBytes);
        let url = text(outline.take(Part::Url), "/Data/req/Url")?;
        let method = text(outline.take(Part::Method), "/Data/req/Method")?;
        let body = match outline.take(Part::Body) {
            Found::Nothing => Vec::new(),
            body => decoded(text(body, "/Data/req/Body")?, content_type.as_deref())?,
        };
        Ok(Self {
            method,
            path: path(&url).to_owned(),
            authorization,
            api_key,
            content_type,
            content_encoding,
            json_bytes,
            body,
        })
    }
}

impl Headers for Invocation {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        let value = match name {
            "authorization" => &self.authorization,
            API_KEY => &self.api_key,
            "content-type" => &self.content_type,
            "content-encoding" => &self.content_encoding,
            JSON_BYTES => &self.json_bytes,
            _ => return None,
        };
        value.as_deref().map(str::as_bytes)
    }

    /// What is wrapped is JSON, and its body text: the host decodes none of it
    /// (<https://github.com/Azure/azure-functions-host/issues/8622>).
    fn carries(&self) -> Carries {
        Carries::Text
    }
}

/// The text at `pointer`, which must be there.
fn text(found: Found, pointer: &str) -> Result<String, Problem> {
    match found {
        Found::Text(text) => Ok(text),
        Found::Nothing => {
            let detail = "the wrapped request does not say it";
            Err(Problem::at(Kind::Missing, pointer.into(), detail))
        }
        Found::Object | Found::Wrong => Err(wrong(pointer, "text")),
    }
}

fn wrong(pointer: &str, wanted: &str) -> Problem {
    let detail = format!("in a wrapped request it must be {wanted}, and there once");
    Problem::at(Kind::WrongType, pointer.into(), detail)
}

/// The bytes of a body. Of a media type that is not text the host wraps them as base64.
fn decoded(text: String, media_type: Option<&str>) -> Result<Vec<u8>, Problem> {
    let media_type = media_type.unwrap_or_default().as_bytes();
    let is_of = |kind: &[u8]| {
        media_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
    };
    if !is_of(b"application/octet-stream") && !is_of(b"multipart/") {
        return Ok(text.into_bytes());
    }
    STANDARD.decode(&text).map_err(|_| {
        let detail = "a body of bytes is wrapped as base64, and this is not";
        Problem::at(Kind::BrokenBody, "/Data/req/Body".into(), detail)
    })
}

/// The reply that makes the Functions host send `reply`. It is a success in any case: of other
/// replies the host reads nothing.
pub(super) fn wrap(mut reply: Reply) -> Reply {
    if std::str::from_utf8(&reply.body).is_err() {
        let detail = "the answer is not text, which is all that the host carries here; \
                      set `enableForwardingHttpRequest` in `host.json`";
        reply = Problem::new(Kind::AnswerNotCarried, detail).into();
    }
    let mut wrapped =
        format!(r#"{{"Outputs":{{"res":{{"statusCode":"{}","headers":{{"#, reply.status);
    for (name, value) in reply.headers() {
        let comma = if wrapped.ends_with('{') { "" } else { "," };
        // Names are words of our own, which JSON takes as they are.
        wrapped.extend([comma, "\"", name, "\":"]);
        wrapped.push_str(&serde_json::to_string(value).unwrap_or_default());
    }
    wrapped.push_str(r#"},"body":"#);
    let body = std::str::from_utf8(&reply.body).unwrap_or_default();
    wrapped.push_str(&serde_json::to_string(body).unwrap_or_default());
    wrapped.push_str(r#"}},"Logs":[],"ReturnValue":null}"#);
    Reply::json(wrapped.into_bytes())
}

/// The path of an address.
fn path(url: &str) -> &str {
    let rest = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")).unwrap_or(url);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    rest[..end].find('/').map_or("/", |start| &rest[start..end])
}

#[cfg(test)]
mod tests;
