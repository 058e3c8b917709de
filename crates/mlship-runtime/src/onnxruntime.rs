//! All that ONNX has, by ONNX Runtime, whose library is loaded at start. Only this file and those in
//! its folder name it.
//!
//! The library is not ours: it is loaded from the path that the process gives, and what it says of a
//! model or a request is an error, never the end of the process.

mod values;

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use mlship_bundle::Model;
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};

use crate::engine::{Engine, EngineError};
use crate::setup::{Files, Setup};
use crate::tensor::Tensor;

/// How long a thread without work keeps its processor, in microseconds: over the gaps between two
/// operators of a network, and not over the time between two requests, which belongs to others.
const SPIN_US: &str = "20";

/// The library knows one environment a process, and keeps it to the end.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// Loads the ONNX graph of `files`; its weights are read from the file beside it.
///
/// # Errors
/// When the library is not there or is another version's, or refuses the graph, or the graph lacks
/// a port of the bundle.
pub(crate) fn load(
    files: &Files,
    model: &Model,
    setup: &Setup,
) -> Result<Box<dyn Engine>, EngineError> {
    let environment = environment(&setup.onnxruntime)?;
    let threads = setup.threads(setup.machine());
    let session = builder(environment, threads)
        .and_then(|mut builder| builder.commit_from_file(&files.model))
        .map_err(said)?;
    let inputs = names(&model.inputs, session.inputs())?;
    let outputs = names(&model.outputs, session.outputs())?;
    Ok(Box::new(OnnxRuntime { session: Mutex::new(session), inputs, outputs }))
}

struct OnnxRuntime {
    session: Mutex<Session>,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl Engine for OnnxRuntime {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError> {
        let named = self.inputs.iter().zip(inputs);
        let inputs = named
            .map(|(name, tensor)| Ok((name.as_str(), values::given(tensor)?)))
            .collect::<Result<Vec<(&str, SessionInputValue<'_>)>, ort::Error>>()
            .map_err(said)?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let found = session.run(inputs).map_err(said)?;
        self.outputs
            .iter()
            .map(|name| {
                let value = found.get(name.as_str());
                values::taken(value.ok_or_else(|| lacks(name))?)
            })
            .collect()
    }
}

fn environment(library: &Path) -> Result<&'static Environment, EngineError> {
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let unusable =
        |cause: String| EngineError(format!("cannot use `{}`: {cause}", library.display()));
    if !library.is_file() {
        return Err(unusable("it is no file".into()));
    }
    // A library of another version may be refused by a panic.
    let built = std::panic::catch_unwind(|| {
        let builder = ort::init_from(library).map_err(|error| error.to_string())?;
        builder.with_telemetry(false).build().map_err(|error| error.to_string())
    });
    let environment = built
        .unwrap_or_else(|_| Err("it is not the version that this runtime knows".into()))
        .map_err(unusable)?;
    // What goes wrong is in the error; stderr is for lines that the operator can read by program.
    environment.set_log_level(LogLevel::Fatal);
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

fn builder(environment: &Environment, threads: usize) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        // The layout that convolutions are fastest in is the machine's, and so chosen at start.
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_log_level(LogLevel::Fatal)?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        .with_config_entry("session.intra_op.spin_duration_us", SPIN_US)?)
}

/// The names of the bundle's ports, all of which the graph must have.
fn names(
    ports: &[mlship_bundle::Port],
    there: &[ort::value::Outlet],
) -> Result<Vec<String>, EngineError> {
    let name = |port: &mlship_bundle::Port| {
        let has = there.iter().any(|outlet| outlet.name() == port.name);
        if has { Ok(port.name.clone()) } else { Err(lacks(&port.name)) }
    };
    ports.iter().map(name).collect()
}

fn lacks(name: &str) -> EngineError {
    EngineError(format!("the graph has no `{name}`"))
}

fn said(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}
