//! Keeps a worker's process running: starts it, waits for its end, tells of it, and starts it anew.
//! A process that ends without having been called is started later each time.

use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::ended::Ended;
use super::frame::{self, Frame};
use super::link::Link;
use super::printed::Printed;
use super::process::{self, PROGRAM, Started};
use crate::bundle::LoadError;
use crate::notice::{Notice, Tell, tail};

/// How long is waited before the second start in a row of a process that ends uncalled, and the
/// longest of such waits. Each is twice the one before.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest that a start may take that is not the first: this, or ten times the first.
const RESTART: Duration = Duration::from_secs(60);

/// The longest word of a worker on its start, in bytes.
const LONGEST_WORD: usize = 64 * 1024;

/// What is told of a traceback at most, in bytes of its JSON.
const TRACE: usize = 3000;

/// How far a worker is.
pub(super) enum Phase {
    /// Its process loads the handler.
    Starting,
    /// It can be called.
    Ready(Arc<Link>),
    /// It has ended uncalled, for this reason, and waits for its next start.
    Resting(String),
    /// It could not be started at all, and is not tried again.
    Refused(Option<LoadError>),
    /// It is not wanted any more.
    Stopped,
}

/// What a process is started with.
pub(super) struct Plan {
    pub(super) python: PathBuf,
    /// The bundle's folder.
    pub(super) folder: PathBuf,
    /// What the worker is told of its handler, as JSON.
    pub(super) begin: Vec<u8>,
}

/// The worker's phase, and who wants to know of it.
pub(super) struct Keeper {
    phase: Mutex<Phase>,
    changed: Condvar,
    tell: Tell,
}

/// Why a process is of no use.
enum Fault {
    /// It cannot be started.
    Unstarted(std::io::Error),
    /// It has ended.
    Ended(Ended),
    /// It says that its handler cannot be loaded.
    Refused(Refusal, Ended),
}

/// Why a handler cannot be loaded, as a worker writes it.
#[derive(Deserialize)]
struct Refusal {
    detail: String,
    trace: String,
}

#[derive(Deserialize)]
struct Word {
    python: String,
}

impl Keeper {
    pub(super) fn new(tell: Tell) -> Self {
        Self { phase: Mutex::new(Phase::Starting), changed: Condvar::new(), tell }
    }

    /// The phase, as it is now.
    pub(super) fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The phase, once it is another than `wait_for` says, or at `until`.
    pub(super) fn once(
        &self,
        until: Option<Instant>,
        wait_for: impl Fn(&Phase) -> bool,
    ) -> MutexGuard<'_, Phase> {
        let mut phase = self.phase();
        while wait_for(&phase) {
            phase = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let (phase, _) = self
                        .changed
                        .wait_timeout(phase, left)
                        .unwrap_or_else(PoisonError::into_inner);
                    phase
                }
                None => self.changed.wait(phase).unwrap_or_else(PoisonError::into_inner),
            };
        }
        phase
    }

    /// Nothing is started any more; the process is asked to end.
    pub(super) fn stop(&self) -> Option<Arc<Link>> {
        let link = match std::mem::replace(&mut *self.phase(), Phase::Stopped) {
            Phase::Ready(link) => Some(link),
            _ => None,
        };
        self.changed.notify_all();
        if let Some(link) = &link {
            link.hang_up(Shutdown::Write);
        }
        link
    }

    /// Keeps the worker running until it is stopped, or cannot be started the first time.
    pub(super) fn keep(&self, plan: &Plan) {
        let (mut first_took, mut uncalled) = (None, 0);
        while !matches!(*self.phase(), Phase::Stopped) {
            let begun = Instant::now();
            let bound = first_took.map(|took: Duration| RESTART.max(took * 10));
            let fault = match self.run(plan, begun, bound, &mut first_took) {
                Ok(None) => {
                    uncalled = 0;
                    continue;
                }
                Ok(Some(ended)) => Fault::Ended(ended),
                Err(fault) if first_took.is_none() => return self.refuse(fault),
                Err(fault) => fault,
            };
            let pause = if uncalled == 0 { Duration::ZERO } else { pause(uncalled - 1) };
            uncalled += 1;
            if !self.rest(fault, pause) {
                return;
            }
        }
    }

    /// Starts a process and waits for its end: how it ended, where it was not being called.
    fn run(
        &self,
        plan: &Plan,
        begun: Instant,
        bound: Option<Duration>,
        first_took: &mut Option<Duration>,
    ) -> Result<Option<Ended>, Fault> {
        let Started { process, child, socket, printed } =
            process::start(&plan.python, &plan.folder).map_err(Fault::Unstarted)?;
        let link = Arc::new(Link::new(process, socket));
        let printed = Printed::begin(printed, self.tell).map_err(|error| {
            link.process.kill();
            Fault::Unstarted(error)
        })?;
        std::thread::scope(|scope| {
            // On a thread of its own, so that the end of the process ends what is read of it.
            let end = scope.spawn(|| {
                let how = link.process.wait(child);
                link.hang_up(Shutdown::Both);
                how
            });
            let until = bound.map(|bound| begun + bound);
            let word = link.begin(PROGRAM.as_bytes(), &plan.begin, until, LONGEST_WORD);
            let word = word.map_err(|_| None).and_then(|word| read(&word).map_err(Some));
            match &word {
                Ok(word) => {
                    let took = begun.elapsed();
                    first_took.get_or_insert(took);
                    self.ready(&link, word, took);
                }
                Err(_) => link.process.kill(),
            }
            let how = link.how(end.join().unwrap_or_default());
            let ended = Ended { how, printed: printed.last() };
            let _ = link.ended.set(ended.clone());
            match word {
                Ok(_) => Ok(self.ended(&link, ended)),
                Err(Some(refusal)) => Err(Fault::Refused(refusal, ended)),
                Err(None) => Err(Fault::Ended(ended)),
            }
        })
    }

    fn ready(&self, link: &Arc<Link>, word: &Word, took: Duration) {
        (self.tell)(&Notice::WorkerStarted {
            pid: link.process.number(),
            python: word.python.clone(),
            milliseconds: took.as_millis() as u64,
        });
        let mut phase = self.phase();
        match *phase {
            // Nobody wants it any more.
            Phase::Stopped => link.process.kill(),
            _ => *phase = Phase::Ready(link.clone()),
        }
        drop(phase);
        self.changed.notify_all();
    }

    /// What was ready has ended: how, where no call can be to blame.
    fn ended(&self, link: &Link, ended: Ended) -> Option<Ended> {
        if !link.is_called.load(Relaxed) {
            return Some(ended);
        }
        let Ended { how: cause, printed } = ended;
        let notice = Notice::WorkerEnded { cause, again_milliseconds: Some(0), printed };
        self.change(Phase::Starting, &notice);
        None
    }

    /// Tells why the worker has ended, and waits before its next start. False when there is none.
    fn rest(&self, fault: Fault, pause: Duration) -> bool {
        let (cause, printed) = self.explained(fault);
        let phase = match pause {
            Duration::ZERO => Phase::Starting,
            _ => Phase::Resting(cause.clone()),
        };
        let again_milliseconds = Some(pause.as_millis() as u64);
        let notice = Notice::WorkerEnded { cause, again_milliseconds, printed };
        if !self.change(phase, &notice) {
            return false;
        }
        let until = Some(Instant::now() + pause);
        let mut phase = self.once(until, |phase| matches!(phase, Phase::Resting(_)));
        if matches!(*phase, Phase::Stopped) {
            return false;
        }
        *phase = Phase::Starting;
        true
    }

    /// Tells the operator and changes the phase; neither when the worker is not wanted any more.
    fn change(&self, to: Phase, notice: &Notice) -> bool {
        if matches!(*self.phase(), Phase::Stopped) {
            return false;
        }
        (self.tell)(notice);
        let mut phase = self.phase();
        let goes_on = !matches!(*phase, Phase::Stopped);
        if goes_on {
            *phase = to;
        }
        drop(phase);
        self.changed.notify_all();
        goes_on
    }

    /// The first start failed: it is not tried again.
    fn refuse(&self, fault: Fault) {
        let error = match fault {
            Fault::Unstarted(error) => LoadError::Worker(error.to_string()),
            Fault::Ended(Ended { how, printed }) => {
                let printed = printed.last().map(|line| format!(": {line}")).unwrap_or_default();
                LoadError::Worker(format!("it {how} before the handler was loaded{printed}"))
            }
            fault @ Fault::Refused(..) => LoadError::Handler(self.explained(fault).0),
        };
        let mut phase = self.phase();
        if !matches!(*phase, Phase::Stopped) {
            *phase = Phase::Refused(Some(error));
        }
        drop(phase);
        self.changed.notify_all();
    }

    /// The cause in words, and what was printed last.
    fn explained(&self, fault: Fault) -> (String, Vec<String>) {
        match fault {
            Fault::Unstarted(error) => (format!("it cannot be started: {error}"), Vec::new()),
            Fault::Ended(Ended { how, printed }) => (how, printed),
            Fault::Refused(Refusal { detail, trace }, Ended { printed, .. }) => {
                let traceback = Some(tail(&trace, TRACE).to_owned());
                (self.tell)(&Notice::Raised { cause: detail.clone(), at: None, traceback });
                (detail, printed)
            }
        }
    }
}

/// What a worker says of its start.
fn read(frame: &Frame) -> Result<Word, Refusal> {
    let nonsense = || Refusal { detail: "it speaks another language".into(), trace: String::new() };
    match frame.kind {
        frame::READY => serde_json::from_slice(&frame.payload).map_err(|_| nonsense()),
        frame::REFUSED => {
            Err(serde_json::from_slice(&frame.payload).unwrap_or_else(|_| nonsense()))
        }
        _ => Err(nonsense()),
    }
}

/// How long is waited after so many starts in vain.
fn pause(count: u32) -> Duration {
    PAUSE.saturating_mul(1 << count.min(16)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_the_one_before_up_to_a_bound() {
        let pauses: Vec<_> = (0..10).map(|count| pause(count).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
