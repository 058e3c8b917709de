//! The vendor's own Python clients as judges: of every call that was recorded, and of the stand-in
//! that they drive. Knows no model itself: that is in `judges/azure/*.py`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use super::call::{Body, Call};
use crate::tools;

/// A call to the Resource Manager, as the judge wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The HTTP method.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded.
    pub query: BTreeMap<String, String>,
    /// What was sent, when it was JSON.
    pub body: Option<Value>,
    /// What was answered; `None` when nobody knows.
    pub status: Option<u16>,
    /// What was answered, when it was JSON.
    pub answer: Option<Value>,
}

impl Recorded {
    /// Those of a stand-in's calls that are for the Resource Manager at `url`: not those of its
    /// other hosts, of a store of blobs, or for a token.
    pub fn all(calls: &[Call], url: &str) -> Vec<Self> {
        let host = url.trim_start_matches("http://");
        let is_blob = |call: &Call| call.headers.iter().any(|(name, _)| name == "x-ms-version");
        let is_token = |call: &Call| call.path.ends_with("/token");
        calls
            .iter()
            .filter(|call| call.host == host && !is_blob(call) && !is_token(call))
            .map(Self::of)
            .collect()
    }

    fn of(call: &Call) -> Self {
        let body = match &call.body {
            Body::Empty => None,
            Body::Json(value) => Some(value.clone()),
            // No model has these keys: it is told.
            Body::Bytes { length, media_type } => {
                Some(json!({"length of no JSON": length, "media type": media_type}))
            }
        };
        Self {
            method: call.method.clone(),
            path: call.path.clone(),
            query: form_urlencoded::parse(call.query.as_bytes()).into_owned().collect(),
            body,
            status: call.status,
            answer: call.answer.clone(),
        }
    }
}

/// What is wrong with the calls: one line a problem. Empty when bodies and answers are valid.
///
/// # Panics
/// When Python with the clients is not installed, or did not see every call.
pub fn problems(calls: &[Recorded]) -> Vec<String> {
    let mut judge = python("judge.py")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut stdin = judge.stdin.take().expect("its input");
    let lines: String = calls.iter().map(line).collect();
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = judge.wait_with_output().expect("its verdict");
    writer.join().expect("the writer ends").expect("python reads all");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.pop(), Some(calls.len().to_string()), "every call is judged");
    lines
}

/// Panics with everything that is wrong with the calls.
///
/// # Panics
/// When anything is, or when there is no call to judge.
pub fn assert_valid(calls: &[Recorded]) {
    assert!(!calls.is_empty(), "there are calls to judge");
    let problems = problems(calls);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Lets the clients live one of the lives of `drive.py` at a Resource Manager's address.
///
/// # Panics
/// When a client does not get what it expects, with what it says.
pub fn drive(life: &str, url: &str, subscription: &str) {
    let output = python("drive.py").args([life, url, subscription]).output().expect("python runs");
    assert!(
        output.status.success(),
        "the clients are not content with {life}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// The calls of az that are in `recorded.json`, by the command's short name there.
///
/// # Panics
/// When there is no such command.
pub fn az(command: &str) -> Vec<Value> {
    let text = include_str!("../../judges/azure/recorded.json");
    let recorded: Value = serde_json::from_str(text).expect("it is JSON");
    let calls = recorded["commands"][command]["calls"].as_array();
    calls.unwrap_or_else(|| panic!("az has no recording `{command}`")).clone()
}

/// Every command in `recorded.json`.
pub fn az_commands() -> Vec<String> {
    let text = include_str!("../../judges/azure/recorded.json");
    let recorded: Value = serde_json::from_str(text).expect("it is JSON");
    recorded["commands"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn python(script: &str) -> Command {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("judges/azure");
    let mut command = Command::new(tools::python());
    // No compiled leftovers beside the sources.
    command.arg("-B").arg(folder.join(script));
    command
}

fn line(call: &Recorded) -> String {
    let value = json!({
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "body": call.body,
        "status": call.status,
        "answer": call.answer,
    });
    format!("{value}\n")
}
