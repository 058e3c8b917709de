//! A request as the handler gets it. It is not read here but for what a caller can be told at once.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::frame;
use crate::problem::{Kind, Problem};
use crate::request::{Form, Request, Said, Wrap};

/// What a handler is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    shape: Shape,
    /// The value of `Content-Type`, cut where no media type is as long.
    media_type: String,
    body: Vec<u8>,
    /// Whether the answers stand in `predictions`.
    pub(super) is_of_instances: bool,
}

/// What the handler is given of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// What its JSON means.
    Json = b'j' as isize,
    /// Its text.
    Text = b't' as isize,
    /// Its bytes.
    Bytes = b'b' as isize,
}

/// The longest value of `Content-Type` that is handed on, in bytes.
const LONGEST: usize = 1024;

/// Reads a request of which this is said.
///
/// # Errors
/// When it says that it is JSON and is not, or asks for tensors.
pub(crate) fn read(body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
    let call = match said.wrap {
        Wrap::Infer(_) => return Err(no_tensors()),
        Wrap::Instances => instances(body)?,
        Wrap::Plain => {
            let media_type = said.media_type.unwrap_or_default();
            let shape = shape(media_type);
            if shape == Shape::Json {
                parse::<IgnoredAny>(body)?;
            }
            let media_type = media_type.get(..LONGEST).unwrap_or(media_type).into();
            Call { shape, media_type, body: body.to_vec(), is_of_instances: false }
        }
    };
    Ok(Request { runs: Vec::new(), form: Form::Call(Box::new(call)) })
}

/// The problem with a request for tensors.
pub(crate) fn no_tensors() -> Problem {
    let detail = "a handler in Python has no tensors to ask for; `/predict` asks it";
    Problem::new(Kind::NotFound, detail)
}

impl Call {
    /// The parts of its frame.
    pub(super) fn parts(&self) -> (u8, [u8; 3], [&[u8]; 2]) {
        let [high, low] = u16::try_from(self.media_type.len()).unwrap_or_default().to_be_bytes();
        let head = [self.shape as u8, high, low];
        (frame::CALL, head, [self.media_type.as_bytes(), &self.body])
    }
}

/// What curl says of everything that it is not told about counts as nothing said.
fn shape(media_type: &str) -> Shape {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*name {
        "" | "application/json" | "text/json" | "application/x-www-form-urlencoded" => Shape::Json,
        name if name.ends_with("+json") => Shape::Json,
        name if name.starts_with("text/") => Shape::Text,
        _ => Shape::Bytes,
    }
}

/// What Vertex AI wraps a list in (`request/instances.rs`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<'b> {
    #[serde(borrow)]
    instances: &'b RawValue,
    #[serde(default)]
    parameters: IgnoredAny,
}

fn instances(body: &[u8]) -> Result<Call, Problem> {
    let Wrapped { instances, parameters: IgnoredAny } = parse(body)?;
    let list = instances.get();
    if !list.starts_with('[') {
        let detail = "expected a list";
        return Err(Problem::at(Kind::WrongType, "/instances".into(), detail));
    }
    Ok(Call {
        shape: Shape::Json,
        media_type: "application/json".into(),
        body: list.as_bytes().to_vec(),
        is_of_instances: true,
    })
}

fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body);
    let text = text.map_err(|error| Problem::new(Kind::NotJson, error.to_string()))?;
    serde_json::from_str(text).map_err(|error| match error.is_data() {
        true => Problem::new(Kind::NotAnObject, error.to_string()),
        false if text.trim().is_empty() => Problem::new(Kind::NotJson, "the body is empty"),
        false => Problem::new(Kind::NotJson, error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str, body: &[u8]) -> Result<Call, u16> {
        let said = Said { media_type: Some(media_type), wrap: Wrap::Plain };
        match read(body, said).map_err(|problem| problem.kind.status())?.form {
            Form::Call(call) => Ok(*call),
            form => panic!("{form:?}"),
        }
    }

    #[test]
    fn the_media_type_decides_what_a_handler_gets() {
        for (media_type, shape) in [
            ("", Shape::Json),
            ("Application/JSON; charset=utf-8", Shape::Json),
            ("application/ld+json", Shape::Json),
            ("application/x-www-form-urlencoded", Shape::Json),
            ("text/plain; charset=latin-1", Shape::Text),
            ("text/csv", Shape::Text),
            ("image/png", Shape::Bytes),
            ("multipart/form-data; boundary=x", Shape::Bytes),
        ] {
            assert_eq!(of(media_type, b"1").unwrap().shape, shape, "{media_type}");
        }
        let (kind, head, rest) = of("text/csv", b"a,b").unwrap().parts_of();
        assert_eq!((kind, head), (frame::CALL, [b't', 0, 8]));
        assert_eq!(rest, [b"text/csv".to_vec(), b"a,b".to_vec()]);
    }

    #[test]
    fn what_is_no_json_is_told_before_the_handler_is_asked() {
        for body in [&b""[..], b"{", b"NaN", b"\xff", b"[1] 2"] {
            assert_eq!(of("application/json", body), Err(400), "{body:?}");
        }
    }

    #[test]
    fn instances_are_taken_out_of_their_wrapping() {
        let said = Said { media_type: None, wrap: Wrap::Instances };
        let read = |body: &str| read(body.as_bytes(), said);
        let request = read(r#"{"instances": [1, {"a": 2}], "parameters": {}}"#).unwrap();
        let Form::Call(call) = request.form else { panic!() };
        assert_eq!((call.body, call.is_of_instances), (br#"[1, {"a": 2}]"#.to_vec(), true));
        for wrong in ["[]", r#"{"instances": 1}"#, "{}", r#"{"instances": [], "x": 1}"#] {
            assert_eq!(read(wrong).unwrap_err().kind.status(), 422, "{wrong}");
        }
    }

    impl Call {
        fn parts_of(&self) -> (u8, [u8; 3], [Vec<u8>; 2]) {
            let (kind, head, rest) = self.parts();
            (kind, head, rest.map(<[u8]>::to_vec))
        }
    }
}
