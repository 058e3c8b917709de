//! The user's own code, in a Python process beside this one: one call at a time, each within its
//! bound. A process that crashes or hangs is ended and started anew; this one goes on.
//!
//! The unsafe code of this module is what makes the process end with this one.

mod answer;
mod call;
mod ended;
mod frame;
mod keeper;
mod link;
mod printed;
mod process;

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mlship_bundle::{BUNDLE_ITSELF, Bundle};
use serde_json::json;

pub use call::Call;
pub(crate) use call::{no_tensors, read};
pub use process::end_all;

use crate::bundle::{LoadError, path_in};
use crate::load;
use crate::notice::Tell;
use crate::policy;
use crate::problem::{Kind, Problem};
use crate::request::{Form, Request};
use crate::service::Prediction;
use crate::setup::{Files, Setup};
use answer::{Said, Use};
use keeper::{Keeper, Phase, Plan};
use link::{Link, Lost};

/// Answers shorter than this are taken whatever the bound on bodies is, in bytes.
const SHORT: usize = 64 * 1024;

/// The longest that is waited for the system's word on a process that has hung up, and for it to
/// end by itself when it is asked to.
const LAST_WORD: Duration = Duration::from_millis(500);

/// The longest that the end of a process that was killed may take.
const END: Duration = Duration::from_secs(5);

/// How often a request is sent that no process has begun with.
const TRIES: usize = 3;

/// A handler that can be called.
pub(crate) struct Worker {
    keeper: Arc<Keeper>,
    thread: Option<JoinHandle<()>>,
    /// Held by whoever calls.
    turn: Mutex<()>,
    /// The longest that one call may take.
    bound: Duration,
    /// The longest answer, in bytes.
    longest: usize,
    tell: Tell,
    /// Kept as long as the handler may read them.
    _files: Files,
}

impl Worker {
    /// Starts a process with the handler of `bundle`, which was read from `folder`, and waits until
    /// it is loaded.
    ///
    /// # Errors
    /// When the bundle names what is not there, or the handler cannot be loaded.
    pub(crate) fn start(
        folder: &Path,
        bundle: &Bundle,
        setup: &Setup,
        tell: Tell,
    ) -> Result<Self, LoadError> {
        let files = load::locate(folder, &bundle.model, &setup.origin, tell)?;
        let longest = bundle.bounds.body_bytes.max(SHORT);
        let plan = plan(folder, bundle, setup, (&files, longest))?;
        let keeper = Arc::new(Keeper::new(tell));
        let kept = keeper.clone();
        // The thread that starts a process is the one that it ends with.
        let thread = std::thread::Builder::new().name("worker".into());
        let thread = thread.spawn(move || kept.keep(&plan));
        let thread = thread.map_err(|error| LoadError::Worker(error.to_string()))?;
        let worker = Self {
            keeper,
            thread: Some(thread),
            turn: Mutex::new(()),
            bound: Duration::from_secs(bundle.bounds.timeout_s.into()),
            longest,
            tell,
            _files: files,
        };
        let mut phase = worker.keeper.once(None, |phase| matches!(phase, Phase::Starting));
        let refused = match &mut *phase {
            Phase::Refused(error) => error.take(),
            _ => None,
        };
        drop(phase);
        refused.map_or(Ok(worker), Err)
    }

    /// The handler's answer to a request.
    ///
    /// # Errors
    /// When it fails, gives what cannot be sent, crashes, or takes longer than the bound.
    pub(crate) fn run(&self, request: &Request) -> Result<Prediction, Problem> {
        let Form::Call(call) = &request.form else { return Err(no_tensors()) };
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let link = self.link()?;
            match link.call(call, Instant::now() + self.bound, self.longest + SHORT) {
                Ok(frame) => match answer::of(frame, call.is_of_instances) {
                    Said::Answer(answer) => return Ok(answer),
                    Said::Problem(problem, notice, more) => {
                        if let Some(notice) = notice {
                            (self.tell)(&notice);
                        }
                        if more == Use::None {
                            self.renew(&link);
                        }
                        return Err(problem);
                    }
                    Said::Nonsense => return Err(self.broken(&link, "an unknown frame")),
                },
                Err(Lost::Uncalled) => self.wait_for_end(&link, END),
                Err(Lost::Late) => return Err(self.late(&link)),
                Err(Lost::Gone) => return Err(self.gone(&link)),
                Err(Lost::Broken(cause)) => return Err(self.broken(&link, &cause)),
            }
        }
        Err(Problem::new(Kind::Failed, "the python worker ends before it is called"))
    }

    /// Ends the process, which no call is to blame for: the next is started at once, and whoever
    /// calls waits for it.
    fn renew(&self, link: &Arc<Link>) {
        link.is_called.store(true, Relaxed);
        link.end("was ended: what it runs may remember that a module is missing");
        self.wait_for_end(link, END);
    }

    /// Whether the handler can be called.
    ///
    /// # Errors
    /// When it cannot, with the reason.
    pub(crate) fn ready(&self) -> Result<(), Problem> {
        can_be_called(&self.keeper.phase()).map(drop)
    }

    /// Ends the call under way, and the process with it.
    pub(crate) fn stop_run(&self) {
        if let Phase::Ready(link) = &*self.keeper.phase() {
            link.end("was ended: nobody waits for its answer any more");
        }
    }

    /// What is called, once it can be.
    fn link(&self) -> Result<Arc<Link>, Problem> {
        let until = Some(Instant::now() + self.bound);
        can_be_called(&self.keeper.once(until, |phase| matches!(phase, Phase::Starting)))
    }

    fn late(&self, link: &Arc<Link>) -> Problem {
        let detail = format!("no answer came within {} seconds", self.bound.as_secs());
        link.end(format!("was ended: {detail}"));
        self.wait_for_end(link, END);
        Problem::new(Kind::Overdue, detail)
    }

    fn broken(&self, link: &Arc<Link>, cause: &str) -> Problem {
        link.end(format!("was ended: it wrote {cause} to the runtime"));
        self.wait_for_end(link, END);
        let detail = format!("the python worker wrote {cause}; it is started anew");
        Problem::new(Kind::Failed, detail)
    }

    fn gone(&self, link: &Arc<Link>) -> Problem {
        self.wait_for_end(link, LAST_WORD);
        if link.ended.get().is_none() {
            link.end("was ended: it had hung up");
            self.wait_for_end(link, END);
        }
        let how = link.ended.get().map_or("hung up", |ended| &ended.how);
        let detail = format!("the python worker {how} before it answered; it is started anew");
        Problem::new(Kind::Failed, detail)
    }

    fn wait_for_end(&self, link: &Arc<Link>, longest: Duration) {
        let is_it =
            |phase: &Phase| matches!(phase, Phase::Ready(ready) if Arc::ptr_eq(ready, link));
        drop(self.keeper.once(Some(Instant::now() + longest), is_it));
    }
}

impl Drop for Worker {
    /// Asks the process to end, and sees to it.
    fn drop(&mut self) {
        if let Some(link) = self.keeper.stop() {
            let until = Instant::now() + LAST_WORD;
            while link.ended.get().is_none() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(2));
            }
            link.process.kill();
            if let Some(thread) = self.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

fn can_be_called(phase: &Phase) -> Result<Arc<Link>, Problem> {
    let detail = match phase {
        Phase::Ready(link) => return Ok(link.clone()),
        Phase::Starting => "the python worker is being started".into(),
        Phase::Resting(cause) => {
            format!("the python worker is not there: {cause}; it is started anew in a while")
        }
        Phase::Refused(_) | Phase::Stopped => "the python worker has been stopped".into(),
    };
    Err(Problem::new(Kind::Loading, detail))
}

/// What a process is started with.
fn plan(
    folder: &Path,
    bundle: &Bundle,
    setup: &Setup,
    (files, longest): (&Files, usize),
) -> Result<Plan, LoadError> {
    let wrong = |what: &str| LoadError::Contradiction(what.to_owned());
    let worker = bundle.worker.as_ref().ok_or_else(|| wrong("it has no `worker`"))?;
    let (module, function) = worker.handler_parts().ok_or_else(|| {
        wrong(&format!("the handler `{}` is not of the form `module:function`", worker.handler))
    })?;
    let absolute = |path: &Path| {
        let read = |source| LoadError::Read { path: path.to_owned(), source };
        std::fs::canonicalize(path).map_err(read)
    };
    let inside = |name: &String| match name.as_str() {
        BUNDLE_ITSELF => absolute(folder),
        name => absolute(&path_in(folder, name)?),
    };
    let path = worker.path.iter().map(inside).collect::<Result<Vec<_>, _>>()?;
    let (folder, model) = (absolute(folder)?, absolute(&files.model)?);
    let begin = json!({
        "module": module,
        "function": function,
        "path": path,
        "folder": folder,
        "model": model,
        "threads": setup.threads.unwrap_or_else(|| policy::threads(setup.machine())).max(1),
        "longest": longest,
    });
    let python = process::find(&folder, &worker.python, &setup.python)?;
    Ok(Plan { python, folder, begin: begin.to_string().into_bytes() })
}
