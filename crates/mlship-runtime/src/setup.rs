//! What a process gives a service to load its model with. Plain values; the process reads them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::origin::Origin;
#[cfg(feature = "networks")]
use crate::policy;
use crate::policy::Prepack;
#[cfg(feature = "networks")]
use crate::wide::Wide as Keep;

/// Nothing is kept.
#[cfg(not(feature = "networks"))]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Keep {}

/// How a model is loaded.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The memory of the Lambda function, in megabytes; what the machine grants is read when
    /// `None`.
    pub lambda_memory_mb: Option<u32>,
    /// Threads that one prediction of a neural network may use; chosen when `None`.
    pub threads: Option<usize>,
    /// When its weights are prepacked; chosen when `None`.
    pub prepack: Option<Prepack>,
    /// The library of ONNX Runtime, which is loaded when a bundle wants it.
    pub onnxruntime: PathBuf,
    /// What the user's own code is run with.
    pub python: Python,
    /// Where files that are not in the bundle come from, and where they are kept.
    pub origin: Origin,
}

/// Where a Python is looked for.
#[derive(Debug, Clone, Default)]
pub struct Python {
    /// The one to start instead of those that a bundle lists: a name or a path.
    pub named: Option<OsString>,
    /// The folders in which a name is looked for, as `PATH` has them.
    pub path: OsString,
}

impl Setup {
    /// What is granted.
    pub(crate) fn machine(&self) -> Machine {
        self.lambda_memory_mb.map_or_else(|| Machine::read(Path::new("/")), Machine::lambda)
    }

    /// The threads of one prediction.
    #[cfg(feature = "networks")]
    pub(crate) fn threads(&self, machine: Machine) -> usize {
        self.threads.unwrap_or_else(|| policy::threads(machine)).max(1)
    }
}

/// The files of a model, found or fetched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// The flat program or the graph.
    pub(crate) model: PathBuf,
    /// The weights, when they stand apart; beside the graph, under the name that it knows.
    pub(crate) weights: Option<PathBuf>,
    /// What keeps them there, when they are this process's own.
    pub(crate) wide: Option<Keep>,
}
