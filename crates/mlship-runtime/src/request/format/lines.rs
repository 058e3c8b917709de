//! JSON lines: one row, text or example a line, each read as an element of a JSON list would be.

use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::list::{Next, Parts};
use crate::request::refuse::{parse, text};

/// Reads the whole of `body`. Lines without anything are passed over.
pub(in crate::request) fn read<P: Parts>(
    body: &[u8],
    media_type: &'static str,
    parts: &mut P,
) -> Result<Form, Problem> {
    let [one, many] = P::NAMES;
    let most = parts.most();
    for (above, line) in text(body)?.split('\n').enumerate() {
        if line.bytes().all(|byte| byte.is_ascii_whitespace()) {
            continue;
        }
        let whole = parts.whole();
        parts.progress().place.element = Some(whole);
        if whole == most {
            let detail = format!("at most {most} {many} are taken at once");
            return Err(parts.progress().problem((Kind::TooManyRows, detail)));
        }
        if let Err(error) = parse(line, Next(&mut *parts)) {
            return Err(explain(parts, &error, line.as_bytes(), (above + 1, whole)));
        }
    }
    parts.progress().place.element = None;
    match parts.whole() {
        0 => Err(Problem::new(Kind::EmptyList, format!("expected at least one line with a {one}"))),
        _ => Ok(Form::Lines(media_type)),
    }
}

/// The problem, with the number of the line in the whole body and a pointer to its part.
fn explain<P: Parts>(
    parts: &mut P,
    error: &serde_json::Error,
    line: &[u8],
    (number, part): (usize, usize),
) -> Problem {
    let mut problem = std::mem::take(parts.progress()).explain(error, line);
    let alone = format!("line {} column", error.line());
    problem.detail = problem.detail.replacen(&alone, &format!("line {number} column"), 1);
    problem.field.get_or_insert_with(|| format!("/{part}"));
    problem
}
