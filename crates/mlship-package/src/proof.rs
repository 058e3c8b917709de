//! Proves a bundle before it is packed: the very runtime that goes into the artifact answers
//! every sample.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mlship_core::notice::Notice;
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

/// How fast a bundle is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From the start of a process to its end, after one answer.
    pub start: Duration,
    /// An answer of a process that has answered before, with its weights laid out for speed.
    pub warm: Duration,
}

/// How many processes are started to be timed: the fastest counts, what disturbed the others does
/// not.
const STARTS: usize = 3;

/// Times `runtime` over the bundle in `folder`, on one thread; each run must end within `bound`.
pub fn pace(
    runtime: &Path,
    folder: &Path,
    sample: &Sample,
    bound: Duration,
) -> Result<Pace, PackageError> {
    let mut start = Duration::MAX;
    for _ in 0..STARTS {
        let begin = Instant::now();
        run(runtime, folder, sample, bound, Asked::Answer)?;
        start = start.min(begin.elapsed());
    }
    let said = run(runtime, folder, sample, bound, Asked::Measure)?;
    let warm = said["median-us"].as_u64().map(Duration::from_micros);
    let unsaid = "the runtime does not say how long it took";
    let warm = warm.ok_or_else(|| unanswered(sample, unsaid.into(), None))?;
    Ok(Pace { start, warm })
}

fn answer(
    runtime: &Path,
    folder: &Path,
    sample: &Sample,
    bound: Duration,
) -> Result<Value, PackageError> {
    run(runtime, folder, sample, bound, Asked::Prove)
}

/// What a runtime is asked for.
#[derive(Clone, Copy)]
enum Asked {
    /// The answer.
    Prove,
    /// The answer, on one thread.
    Answer,
    /// How long answers take, on one thread.
    Measure,
}

impl Asked {
    fn flag(self) -> &'static str {
        match self {
            Asked::Prove | Asked::Answer => "--answer",
            Asked::Measure => "--measure",
        }
    }

    fn environment(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Asked::Prove => &[],
            Asked::Answer => &[("MLSHIP_THREADS", "1")],
            Asked::Measure => &[("MLSHIP_THREADS", "1"), ("MLSHIP_PREPACK", "load")],
        }
    }
}

fn run(
    runtime: &Path,
    folder: &Path,
    sample: &Sample,
    bound: Duration,
    asked: Asked,
) -> Result<Value, PackageError> {
    let failed = |reason: String| unanswered(sample, reason, None);
    let mut child = Command::new(runtime)
        .arg(asked.flag())
        .arg("--bundle")
        .arg(folder)
        .env_clear()
        .envs(asked.environment().iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| failed(format!("the runtime does not start: {source}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A runtime that refuses the bundle closes its end first; its own words follow below.
        let _ = stdin.write_all(sample.request.to_string().as_bytes());
    }
    let out = wait(child, bound).map_err(|source| failed(source.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !out.status.success() {
        return Err(refused(sample, &out.stdout, &text(&out.stderr)));
    }
    serde_json::from_slice(&out.stdout)
        .map_err(|_| failed(format!("the runtime wrote `{}`", text(&out.stdout))))
}

/// What a runtime says that has not answered: of what a handler raised the file and the line, which
/// callers are not told.
fn refused(sample: &Sample, answered: &[u8], said: &str) -> PackageError {
    let notices = || said.lines().rev().filter_map(Notice::of);
    if let Some(raised) = notices().find(|notice| notice.event() == "raised") {
        let traceback = raised.traceback().map(str::to_owned);
        return unanswered(sample, raised.cause().unwrap_or_default(), traceback);
    }
    let problem = serde_json::from_slice::<Value>(answered).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    unanswered(sample, detail.unwrap_or(said).to_owned(), None)
}

fn unanswered(sample: &Sample, reason: String, traceback: Option<String>) -> PackageError {
    PackageError::Unanswered { sample: sample.name.clone(), reason, traceback }
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
