//! One table in every form that is taken, as pandas, NumPy and pyarrow write it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::client::{Client, Response};

/// What the script writes, and what it is.
const FORMS: [(&str, &str); 8] = [
    ("rows.jsonl", "application/jsonlines"),
    ("rows.jsonl", "Application/X-NDJSON; charset=utf-8"),
    ("rows.csv", "text/csv"),
    ("headless.csv", "text/csv; header=absent"),
    ("rows.npy", "application/x-npy"),
    ("fortran.npy", "application/npy"),
    ("rows.arrows", "application/vnd.apache.arrow.stream"),
    ("rows.arrow", "application/vnd.apache.arrow.file"),
];

/// The rows of a JSON file in every form that can hold them.
pub(crate) fn written(rows: &Path, columns: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let python = mlship_testkit::tools::python();
    let script = super::script("forms.py");
    super::run(Command::new(python).arg(script).arg(rows).arg(folder.path()).args(columns));
    let body = |(name, media_type): (&str, &'static str)| {
        Some((media_type, std::fs::read(folder.path().join(name)).ok()?))
    };
    let forms: Vec<_> = FORMS.into_iter().filter_map(body).collect();
    assert!(forms.len() >= 6);
    forms
}

/// Asks for a prediction on a body of a media type.
pub(crate) fn post(address: &str, media_type: &str, body: impl AsRef<[u8]>) -> Response {
    let body = body.as_ref();
    let mut client = Client::connect(address);
    client.send(format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    client.send(body);
    client.response()
}

/// The answers, of a list or of lines.
pub(crate) fn answers(response: &Response) -> Vec<Value> {
    let text = response.text();
    match response.header("content-type") {
        Some("application/json") => serde_json::from_str(&text).unwrap(),
        Some("application/jsonlines" | "application/x-ndjson") => {
            assert!(text.ends_with('\n'));
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
        other => panic!("{other:?}"),
    }
}
