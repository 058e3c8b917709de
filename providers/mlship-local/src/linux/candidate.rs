//! Tries a new version on a port of its own before it gets any traffic: it must become ready and
//! answer the samples. It is gone when the trial is over, however it went.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Method;
use mlship_core::deployment::Request;
use mlship_core::notice::{Notice, words};
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
const LINE_SHOWN: usize = 1000;

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
    let trial = Trial { task, port, wanted, said: &said };
    let tried = trial.run(&mut child, samples, progress).await;
    launch::stop(&mut child).await;
    tried.map_err(|error| {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let hint = |error: ProviderError, line: &String| error.hint(format!("it wrote: {line}"));
        said.lines.iter().fold(error, hint)
    })
}

/// A new version that runs on a port of its own.
struct Trial<'a> {
    task: Task<'a>,
    port: u16,
    wanted: &'a Wanted,
    said: &'a Mutex<Said>,
}

impl Trial<'_> {
    async fn run(
        &self,
        child: &mut Child,
        samples: &[Sample],
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        self.wait(child).await.map_err(|reason| self.task.failed(ErrorKind::Failed, reason))?;
        if !samples.is_empty() {
            progress.step("sending the samples");
        }
        let within = Duration::from_secs(u64::from(self.wanted.timeout_s) + 5);
        for sample in samples {
            send(self.task, self.port, sample, within).await?;
        }
        Ok(())
    }

    /// Waits until it is ready, or will never be; the error is why, in words.
    async fn wait(&self, child: &mut Child) -> Result<(), String> {
        let started = Instant::now();
        while !is_ready(self.port, READY_WITHIN.saturating_sub(started.elapsed())).await {
            if let Ok(Some(status)) = child.try_wait() {
                // What it wrote last may still be in its pipe.
                sleep(LOOK_EVERY).await;
                return Err(format!("the new version {}", launch::ending(status)));
            }
            if self.said.lock().unwrap_or_else(PoisonError::into_inner).has_failed {
                return Err("the new version cannot load its model".into());
            }
            if started.elapsed() >= READY_WITHIN {
                let seconds = READY_WITHIN.as_secs();
                return Err(format!("the new version was not ready within {seconds} s"));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
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

/// What a process has written so far.
#[derive(Debug, Default)]
struct Said {
    /// The last lines, those of the runtime in words.
    lines: VecDeque<String>,
    /// Whether the user's own code has raised something.
    has_raised: bool,
    /// Whether the runtime has said that it cannot load its model.
    has_failed: bool,
}

impl Said {
    fn add(&mut self, line: &str) {
        let notice = Notice::of(line);
        let event = notice.as_ref().map(Notice::event).unwrap_or_default();
        self.has_raised |= event == "raised";
        self.has_failed |= event == "failed";
        // That it listens is no news, nor why it fails what was raised.
        if event == "listening" || event == "failed" && self.has_raised {
            return;
        }
        self.lines.push_back(words(line).chars().take(LINE_SHOWN).collect());
        if self.lines.len() > LAST_LINES {
            self.lines.pop_front();
        }
    }
}

/// Keeps what the process writes.
fn listen(child: &mut Child) -> Arc<Mutex<Said>> {
    let said = Arc::new(Mutex::new(Said::default()));
    let keep = |said: Arc<Mutex<Said>>| {
        move |line: &str| said.lock().unwrap_or_else(PoisonError::into_inner).add(line)
    };
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(each_line(stdout, keep(Arc::clone(&said))));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(each_line(stderr, keep(Arc::clone(&said))));
    }
    said
}
