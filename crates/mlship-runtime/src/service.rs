//! A loaded bundle: a request's bytes in, the answer's bytes out. Knows no host.

mod native;

use std::borrow::Cow;
use std::path::Path;

use mlship_bundle::{Bounds, Bundle, EngineKind};

use crate::bundle::LoadError;
use crate::notice::Tell;
use crate::problem::{Kind, Problem};
use crate::request::{Infer, Request, Said};
use crate::setup::Setup;
#[cfg(feature = "worker")]
use crate::worker::Worker;
use native::Native;

/// Answers predictions from one loaded bundle.
pub struct Service {
    bounds: Bounds,
    lane: Lane,
}

/// What runs the model.
enum Lane {
    /// An engine in this process.
    Native(Box<Native>),
    /// The user's own code, in a process beside it.
    #[cfg(feature = "worker")]
    Worker(Box<Worker>),
}

/// What a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Of the bytes.
    pub media_type: Cow<'static, str>,
    /// The answer.
    pub bytes: Vec<u8>,
    /// How many of the bytes are JSON, where binary tensors follow.
    pub json_bytes: Option<usize>,
}

impl Prediction {
    /// The same for callers who are carried JSON alone.
    ///
    /// # Errors
    /// When a handler answered with bytes of a media type of its own.
    pub(crate) fn into_json(self) -> Result<Self, Problem> {
        match &self.media_type {
            // The runtime's own forms of an answer were asked for.
            Cow::Borrowed(_) => Ok(self),
            Cow::Owned(name) => {
                let detail = format!("the answer is of the media type `{name}`; here it is JSON");
                Err(Problem::new(Kind::AnswerNotCarried, detail))
            }
        }
    }
}

impl Service {
    /// Loads the model of `bundle`, which was read from `folder`, or starts what runs it. `tell`
    /// hears how it goes.
    ///
    /// # Errors
    /// When the bundle contradicts itself or its model cannot be loaded.
    pub fn load(
        folder: &Path,
        bundle: &Bundle,
        setup: &Setup,
        tell: Tell,
    ) -> Result<Self, LoadError> {
        let lane = match (bundle.model.engine, &bundle.worker) {
            (EngineKind::Python, Some(_)) => worker(folder, bundle, setup, tell)?,
            (EngineKind::Python, None) => return Err(contradiction("needs `worker`")),
            (_, Some(_)) => return Err(contradiction("has no `worker`")),
            (_, None) => Lane::Native(Box::new(Native::load(folder, bundle, setup, tell)?)),
        };
        Ok(Self { bounds: bundle.bounds, lane })
    }

    /// The answer to one request, both JSON.
    ///
    /// # Errors
    /// When the request is not one that the model takes, or the model fails.
    pub fn answer(&self, body: &[u8]) -> Result<Vec<u8>, Problem> {
        let answer = self.run(&self.read(body, Said::NOTHING)?)?;
        answer.into_json().map(|answer| answer.bytes)
    }

    /// Reads a request of which this is said.
    ///
    /// # Errors
    /// When it is not one that the model takes.
    pub fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        self.check_length(body.len())?;
        match &self.lane {
            Lane::Native(native) => native.read(body, said),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => crate::worker::read(body, said),
        }
    }

    /// True when reading takes so long that it is done beside the host's own loop: pictures are
    /// decoded, or fetched.
    pub(crate) fn reads_long(&self) -> bool {
        match &self.lane {
            Lane::Native(native) => native.reads_long(),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => false,
        }
    }

    /// Runs a request that was read.
    ///
    /// # Errors
    /// When the model fails.
    pub fn run(&self, request: &Request) -> Result<Prediction, Problem> {
        match &self.lane {
            Lane::Native(native) => native.run(request),
            #[cfg(feature = "worker")]
            Lane::Worker(worker) => worker.run(request),
        }
    }

    /// Runs requests: the answer of each, in their order.
    pub fn run_each(&self, requests: Vec<Request>) -> Vec<Result<Prediction, Problem>> {
        match &self.lane {
            Lane::Native(native) => native.run_each(requests),
            #[cfg(feature = "worker")]
            Lane::Worker(worker) => requests.iter().map(|request| worker.run(request)).collect(),
        }
    }

    /// True when the two may be answered by one run: they differ in nothing but their values and
    /// how many examples they have.
    pub(crate) fn fit_together(&self, one: &Request, other: &Request) -> bool {
        match &self.lane {
            Lane::Native(native) => native.fit_together(one, other),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => false,
        }
    }

    /// The answers to requests that fit together, in their order.
    pub(crate) fn run_together(&self, requests: &[Request]) -> Vec<Result<Prediction, Problem>> {
        match &self.lane {
            Lane::Native(native) => native.run_together(requests),
            #[cfg(feature = "worker")]
            Lane::Worker(worker) => requests.iter().map(|request| worker.run(request)).collect(),
        }
    }

    /// The bounds on what is taken in.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// What the Open Inference Protocol says of the model.
    ///
    /// # Errors
    /// When it has no tensors of which that could be said.
    pub(crate) fn infer(&self) -> Result<&Infer, Problem> {
        match &self.lane {
            Lane::Native(native) => Ok(&native.infer),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => Err(crate::worker::no_tensors()),
        }
    }

    /// True when one example takes microseconds.
    pub(crate) fn is_light(&self) -> bool {
        match &self.lane {
            Lane::Native(native) => native.is_light(),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => false,
        }
    }

    /// True when a request is answered faster than another thread is asked to.
    pub(crate) fn is_quick(&self, request: &Request) -> bool {
        match &self.lane {
            Lane::Native(native) => native.is_quick(request),
            #[cfg(feature = "worker")]
            Lane::Worker(_) => false,
        }
    }

    /// Whether a request can be answered now.
    ///
    /// # Errors
    /// When what runs the model has ended and is not there again; the problem says why.
    pub(crate) fn ready(&self) -> Result<(), Problem> {
        match &self.lane {
            Lane::Native(_) => Ok(()),
            #[cfg(feature = "worker")]
            Lane::Worker(worker) => worker.ready(),
        }
    }

    /// True when a run is ended at its bound by what runs it. An engine in this process cannot be
    /// stopped.
    pub(crate) fn keeps_its_bound(&self) -> bool {
        match &self.lane {
            Lane::Native(_) => false,
            #[cfg(feature = "worker")]
            Lane::Worker(_) => true,
        }
    }

    /// Ends the run under way, where that can be done: whether it could.
    pub(crate) fn stop_run(&self) -> bool {
        match &self.lane {
            Lane::Native(_) => false,
            #[cfg(feature = "worker")]
            Lane::Worker(worker) => {
                worker.stop_run();
                true
            }
        }
    }

    fn check_length(&self, length: usize) -> Result<(), Problem> {
        let most = self.bounds.body_bytes;
        match length > most {
            true => {
                Err(Problem::new(Kind::BodyTooLarge, format!("at most {most} bytes are taken")))
            }
            false => Ok(()),
        }
    }
}

fn contradiction(what: &str) -> LoadError {
    LoadError::Contradiction(format!("its engine {what}"))
}

#[cfg(feature = "worker")]
fn worker(folder: &Path, bundle: &Bundle, setup: &Setup, tell: Tell) -> Result<Lane, LoadError> {
    Ok(Lane::Worker(Box::new(Worker::start(folder, bundle, setup, tell)?)))
}

#[cfg(not(feature = "worker"))]
fn worker(_: &Path, _: &Bundle, _: &Setup, _: Tell) -> Result<Lane, LoadError> {
    Err(LoadError::NoEngine("python"))
}
