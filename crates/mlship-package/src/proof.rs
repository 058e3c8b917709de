//! Proves a bundle before it is packed: the very runtime that goes into the artifact answers
//! every sample.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mlship_core::sample::{Sample, compare};
use serde_json::Value;

use crate::error::PackageError;

/// Runs `runtime` over the bundle in `folder` for every sample and compares the answers.
/// Gives them back, in the order of the samples.
pub fn prove(
    runtime: &Path,
    folder: &Path,
    samples: &[Sample],
) -> Result<Vec<Value>, PackageError> {
    samples
        .iter()
        .map(|sample| {
            let answer = answer(runtime, folder, sample)?;
            if let Some(expected) = &sample.expect {
                compare(expected, &answer).map_err(|source| PackageError::Wrong {
                    sample: sample.name.clone(),
                    source,
                })?;
            }
            Ok(answer)
        })
        .collect()
}

fn answer(runtime: &Path, folder: &Path, sample: &Sample) -> Result<Value, PackageError> {
    let unanswered =
        |reason: String| PackageError::Unanswered { sample: sample.name.clone(), reason };
    let mut child = Command::new(runtime)
        .arg("--answer")
        .arg("--bundle")
        .arg(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| unanswered(format!("the runtime does not start: {source}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A runtime that refuses the bundle closes its end first; its own words follow below.
        let _ = stdin.write_all(sample.request.to_string().as_bytes());
    }
    let out = child.wait_with_output().map_err(|source| unanswered(source.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !out.status.success() {
        let problem = serde_json::from_slice::<Value>(&out.stdout).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        return Err(unanswered(detail.map_or_else(|| text(&out.stderr), str::to_owned)));
    }
    serde_json::from_slice(&out.stdout)
        .map_err(|_| unanswered(format!("the runtime wrote `{}`", text(&out.stdout))))
}
