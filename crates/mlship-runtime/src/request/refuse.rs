//! From what stops a parse to a problem that names the place.

use serde::de::{DeserializeSeed, Error};
use serde_json::error::Category;

use super::number::Fault;
use super::place::Place;
use crate::problem::{Kind, Problem};

/// The longest text of the request that a problem repeats, in characters.
const ECHO: usize = 80;

/// What is said of a body that looks like no JSON.
const OTHER: &str = "; a body that is not JSON needs its own `Content-Type`";

/// What a reader in the middle of a request keeps: where it is, and why it stopped.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) place: Place,
    problem: Option<Problem>,
}

impl Progress {
    /// Stops the parse for a fault at the present place.
    pub(super) fn refuse<E: Error>(&mut self, kind: Kind, detail: impl Into<String>) -> E {
        self.problem = Some(self.problem((kind, detail.into())));
        E::custom("refused")
    }

    /// The problem that a fault at the present place is.
    pub(super) fn problem(&self, (kind, detail): Fault) -> Problem {
        Problem { kind, detail, field: self.place.pointer() }
    }

    /// The problem for an error of the parser's own.
    pub(super) fn explain(self, error: &serde_json::Error, body: &[u8]) -> Problem {
        if let Some(problem) = self.problem {
            return problem;
        }
        if error.classify() == Category::Data {
            let detail = echo(&error.to_string());
            return Problem { kind: Kind::NotAnObject, detail, field: self.place.pointer() };
        }
        let out_of_range = error.to_string().starts_with("number out of range");
        let field = out_of_range.then(|| self.place.pointer()).flatten();
        let kind = if field.is_some() { Kind::OutOfRange } else { Kind::NotJson };
        Problem { kind, detail: syntax(error, body), field }
    }
}

/// A body as text, which JSON is: looked at once, and not for every name and text in it. A mark of
/// the order of bytes, which some programs write first, is passed over.
pub(super) fn text(body: &[u8]) -> Result<&str, Problem> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| {
        let (start, at) = (&body[..error.valid_up_to()], error.valid_up_to());
        let line = 1 + start.iter().filter(|byte| **byte == b'\n').count();
        let hint = if is_other(body) { OTHER } else { "" };
        let detail = format!("it is not UTF-8 text: byte {at}, on line {line}{hint}");
        Problem::new(Kind::NotJson, detail)
    })
}

/// Reads the whole of `text` with `seed`.
pub(super) fn parse<'b, S: DeserializeSeed<'b>>(
    text: &'b str,
    seed: S,
) -> Result<S::Value, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// A piece of the request for a message: cut when long.
pub(super) fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn syntax(error: &serde_json::Error, body: &[u8]) -> String {
    if body.iter().all(u8::is_ascii_whitespace) {
        return "the body is empty".into();
    }
    match literal(error, body) {
        Some(word) => {
            let (line, column) = (error.line(), error.column());
            format!(
                "`{word}` is not JSON; a missing value is `null`; at line {line} column {column}"
            )
        }
        None if is_other(body) => format!("{error}{OTHER}"),
        None => error.to_string(),
    }
}

/// True when nothing at the beginning looks like JSON.
fn is_other(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|first| !b"{[\"-0123456789tfn".contains(first))
}

/// The number literal of other languages at the place of the error, which JSON lacks.
fn literal(error: &serde_json::Error, body: &[u8]) -> Option<&'static str> {
    let line = body.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let at = error.column().saturating_sub(2);
    let near = line.get(at..line.len().min(at + 12))?;
    ["-Infinity", "Infinity", "NaN", "nan", "None"]
        .into_iter()
        .find(|word| near.windows(word.len()).take(3).any(|window| window == word.as_bytes()))
}
