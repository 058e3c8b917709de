//! Judges recorded calls by botocore's own models of the services.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::Call;
use crate::tools;

/// What is wrong with the calls: one line a problem. Empty when every request is valid.
///
/// # Panics
/// When Python with botocore is not installed, or did not see every call.
pub fn problems(calls: &[Call]) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/conformance.py");
    // Registries have a protocol of their own.
    let calls: Vec<&Call> = calls.iter().filter(|call| call.service != "registry").collect();
    let mut judge = Command::new(tools::python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut stdin = judge.stdin.take().expect("its input");
    let lines: String = calls.iter().map(|call| line(call)).collect();
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = judge.wait_with_output().expect("its verdict");
    writer.join().expect("the writer ends").expect("python reads all");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.pop(), Some(calls.len().to_string()), "every call is judged");
    lines
}

fn line(call: &Call) -> String {
    let headers: Map<String, Value> =
        call.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let value = json!({
        "service": call.service,
        "method": call.method,
        "target": call.target,
        "headers": headers,
        "body": STANDARD.encode(&call.body),
    });
    format!("{value}\n")
}
