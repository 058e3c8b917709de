//! Proves a bundle before it is packed: the very runtime that goes into the artifact answers
//! every sample.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mlship_core::sample::{Sample, compare};
use serde_json::Value;

use crate::error::PackageError;

/// How often an answer is looked for.
const POLL: Duration = Duration::from_millis(1);

/// Runs `runtime` over the bundle in `folder` for every sample and compares the answers; each must
/// come within `bound`. Gives them back, in the order of the samples.
pub fn prove(
    runtime: &Path,
    folder: &Path,
    samples: &[Sample],
    bound: Duration,
) -> Result<Vec<Value>, PackageError> {
    samples
        .iter()
        .map(|sample| {
            let answer = answer(runtime, folder, sample, bound)?;
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

fn answer(
    runtime: &Path,
    folder: &Path,
    sample: &Sample,
    bound: Duration,
) -> Result<Value, PackageError> {
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
    let out = wait(child, bound).map_err(|source| unanswered(source.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !out.status.success() {
        let problem = serde_json::from_slice::<Value>(&out.stdout).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        return Err(unanswered(detail.map_or_else(|| text(&out.stderr), str::to_owned)));
    }
    serde_json::from_slice(&out.stdout)
        .map_err(|_| unanswered(format!("the runtime wrote `{}`", text(&out.stdout))))
}

/// What a process wrote; one that has not ended within `bound` is ended.
fn wait(mut child: Child, bound: Duration) -> io::Result<Output> {
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let deadline = Instant::now() + bound;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            let seconds = bound.as_secs();
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer within {seconds} seconds, `resources.timeout-s` included"),
            ));
        }
        thread::sleep(POLL);
    };
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
    Ok(Output { status, stdout, stderr })
}

/// Reads to the end beside the wait, so that a full pipe stops nobody.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read until then is all there is to show.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
