//! Tries a new version on a port of its own before it gets any traffic: it must become ready and
//! answer the samples. It is gone when the trial is over, however it went.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Method;
use mlship_core::deployment::Request;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::sample::{Sample, compare};
use tokio::process::Child;
use tokio::time::sleep;

use super::failure::{Explain, Task};
use super::lines::each_line;
use super::observe::is_ready;
use super::plan::Wanted;
use super::{http, launch};

/// How long a version may take to load its model.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(120);

/// The pause between two looks at whether it is ready.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How many of its last lines an error shows.
const LAST_LINES: usize = 8;

/// What is kept of each of those lines, in characters.
const LINE_SHOWN: usize = 300;

/// Runs the unpacked artifact on a free port until it has answered the samples.
pub(crate) async fn verify(
    task: Task<'_>,
    bundle: &Path,
    wanted: &Wanted,
    samples: &[Sample],
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    progress.step("starting the new version beside the old");
    let starting = task.io("start the new version");
    let port = launch::free_port().map_err(&starting)?;
    let mut child = launch::launch(bundle, port, wanted.memory_mb).map_err(&starting)?;
    let said = listen(&mut child);
    let tried = trial(task, &mut child, port, wanted, samples, progress).await;
    launch::stop(&mut child).await;
    tried.map_err(|error| {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let hint = |error: ProviderError, line: &String| error.hint(format!("it wrote: {line}"));
        said.iter().fold(error, hint)
    })
}

async fn trial(
    task: Task<'_>,
    child: &mut Child,
    port: u16,
    wanted: &Wanted,
    samples: &[Sample],
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let started = Instant::now();
    while !is_ready(port, READY_WITHIN.saturating_sub(started.elapsed())).await {
        if let Ok(Some(status)) = child.try_wait() {
            // What it wrote last may still be in its pipe.
            sleep(LOOK_EVERY).await;
            let reason = format!("the new version {}", launch::ending(status));
            return Err(task.failed(ErrorKind::Failed, reason));
        }
        if started.elapsed() >= READY_WITHIN {
            let reason =
                format!("the new version was not ready within {} s", READY_WITHIN.as_secs());
            return Err(task.failed(ErrorKind::Failed, reason));
        }
        sleep(LOOK_EVERY).await;
    }
    if !samples.is_empty() {
        progress.step("sending the samples");
    }
    let within = Duration::from_secs(u64::from(wanted.timeout_s) + 5);
    for sample in samples {
        send(task, port, sample, within).await?;
    }
    Ok(())
}

async fn send(
    task: Task<'_>,
    port: u16,
    sample: &Sample,
    within: Duration,
) -> Result<(), ProviderError> {
    let wrong = |reason: String| {
        task.failed(ErrorKind::Verification, format!("sample `{}`: {reason}", sample.name))
    };
    let request = sample.request.to_string();
    let answer =
        http::send(Method::POST, port, "/predict", Request::json(request.as_bytes()), within)
            .await
            .map_err(|error| wrong(format!("no answer: {error}")).because(error))?;
    if !(200..300).contains(&answer.status) {
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        return Err(wrong(format!("answered {} {body}", answer.status)));
    }
    let Some(expect) = &sample.expect else { return Ok(()) };
    let got = serde_json::from_slice(&answer.body)
        .map_err(|error| wrong(format!("the answer is not JSON: {error}")).because(error))?;
    compare(expect, &got).map_err(|mismatch| wrong(mismatch.to_string()).because(mismatch))
}

/// Keeps the last lines that the process writes.
fn listen(child: &mut Child) -> Arc<Mutex<VecDeque<String>>> {
    let said = Arc::new(Mutex::new(VecDeque::new()));
    let keep = |said: Arc<Mutex<VecDeque<String>>>| {
        move |line: &str| {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_back(line.chars().take(LINE_SHOWN).collect());
            if said.len() > LAST_LINES {
                said.pop_front();
            }
        }
    };
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(each_line(stdout, keep(Arc::clone(&said))));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(each_line(stderr, keep(Arc::clone(&said))));
    }
    said
}
