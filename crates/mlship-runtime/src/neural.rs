//! Neural networks, by rten. The only file that names it.
//!
//! rten has neither 64-bit integers nor 64-bit floats nor booleans: values are narrowed on the way
//! in, refused where that would change them, and widened on the way out to what the bundle says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mlship_bundle::{Element, Model, Port};
use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;

use crate::engine::{Engine, EngineError};
use crate::notice::{Notice, Tell};
use crate::policy::Prepack;
use crate::setup::{Files, Setup};
use crate::tensor::{Tensor, Values};

/// How much the copying of weights gives way to requests: the most that the system knows.
const NICE: i32 = 19;

/// Loads the ONNX graph of `files`, with its weights mapped into memory from the file beside it.
///
/// # Errors
/// When rten refuses the graph or it lacks a port of the bundle.
pub(crate) fn load(
    files: &Files,
    model: &Model,
    setup: &Setup,
    tell: Tell,
) -> Result<Box<dyn Engine>, EngineError> {
    let machine = setup.machine();
    let weights = files.weights.as_ref().unwrap_or(&files.model);
    let bytes = weights.metadata().map_or(u64::MAX, |file| file.len());
    let prepack = setup.prepack.unwrap_or_else(|| Prepack::choose(machine, bytes));
    let loaded = Loaded::read(&files.model, model, prepack)?;
    let later = Later { path: files.model.clone(), model: model.clone(), tell };
    Ok(Box::new(Neural {
        current: Arc::new(Mutex::new(Arc::new(loaded))),
        later: Mutex::new((prepack == Prepack::Later).then_some(later)),
        elements: model.outputs.iter().map(|port| port.element).collect(),
        pool: Arc::new(ThreadPool::with_num_threads(setup.threads(machine))),
    }))
}

struct Neural {
    current: Arc<Mutex<Arc<Loaded>>>,
    /// Taken by the first answer.
    later: Mutex<Option<Later>>,
    elements: Vec<Element>,
    pool: Arc<ThreadPool>,
}

/// A graph and where its ports are.
struct Loaded {
    graph: rten::Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
}

/// What is left to do behind the first answer.
struct Later {
    path: PathBuf,
    model: Model,
    tell: Tell,
}

impl Loaded {
    fn read(path: &Path, model: &Model, prepack: Prepack) -> Result<Self, EngineError> {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(prepack == Prepack::Load);
        #[expect(unsafe_code, reason = "weights are used where they lie, mapped into memory")]
        // SAFETY: the files are immutable for the life of the process: the bundle is unpacked once,
        // under its digest, and a fetched file takes its name after its digest was checked.
        let graph =
            unsafe { options.load_mmap(path) }.map_err(|error| EngineError(error.to_string()))?;
        let node = |port: &Port| {
            let id = graph.node_id(&port.name);
            id.map_err(|_| EngineError(format!("the graph has no `{}`", port.name)))
        };
        let inputs = model.inputs.iter().map(node).collect::<Result<_, _>>()?;
        let outputs = model.outputs.iter().map(node).collect::<Result<_, _>>()?;
        Ok(Self { graph, inputs, outputs })
    }
}

impl Later {
    /// Puts a prepacked copy in the place of what is there. Without one the answers are the same.
    fn start(self, current: Arc<Mutex<Arc<Loaded>>>) {
        let thread = std::thread::Builder::new().name("prepack".into());
        let _ = thread.spawn(move || {
            // Threads that this one starts inherit it.
            let _ = rustix::process::nice(NICE);
            let start = Instant::now();
            if let Ok(loaded) = Loaded::read(&self.path, &self.model, Prepack::Load) {
                *held(&current) = Arc::new(loaded);
                let milliseconds = start.elapsed().as_millis() as u64;
                (self.tell)(&Notice::Prepacked { milliseconds });
            }
        });
    }
}

impl Engine for Neural {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError> {
        let loaded = held(&self.current).clone();
        let inputs = loaded.inputs.iter().zip(inputs);
        let inputs = inputs
            .map(|(id, tensor)| Ok((*id, ValueOrView::Value(narrow(tensor)?))))
            .collect::<Result<Vec<_>, EngineError>>()?;
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let outputs = loaded
            .graph
            .run(inputs, &loaded.outputs, Some(options))
            .map_err(|error| EngineError(error.to_string()))?;
        if let Some(later) = held(&self.later).take() {
            later.start(self.current.clone());
        }
        outputs
            .into_iter()
            .zip(&self.elements)
            .map(|(value, element)| widen(value, *element))
            .collect()
    }
}

/// What is behind a lock. Nothing that holds one of these can leave it half-changed.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn narrow(tensor: &Tensor) -> Result<Value, EngineError> {
    let shape = tensor.shape.as_slice();
    let value = match &tensor.values {
        Values::F32(values) => Value::from_shape(shape, values.to_vec()).ok(),
        Values::F64(values) => {
            Value::from_shape(shape, values.iter().map(|value| *value as f32).collect::<Vec<_>>())
                .ok()
        }
        Values::I32(values) => Value::from_shape(shape, values.to_vec()).ok(),
        Values::I64(values) => {
            let values = values.iter().map(|value| i32::try_from(*value));
            let values = values.collect::<Result<Vec<_>, _>>();
            let values = values.map_err(|_| EngineError("an integer is beyond 32 bits".into()))?;
            Value::from_shape(shape, values).ok()
        }
        Values::Bool(values) => {
            let values: Vec<i32> = values.iter().map(|value| i32::from(*value)).collect();
            Value::from_shape(shape, values).ok()
        }
        Values::String(_) => return Err(EngineError("a neural network takes no text".into())),
    };
    value.ok_or_else(|| EngineError("a tensor's elements do not fill its shape".into()))
}

fn widen(value: Value, element: Element) -> Result<Tensor, EngineError> {
    let (shape, values) = match value {
        Value::FloatTensor(tensor) => {
            (tensor.shape().to_vec(), floats(tensor.into_data(), element))
        }
        Value::Int32Tensor(tensor) => {
            (tensor.shape().to_vec(), integers(tensor.into_data(), element))
        }
        Value::Int8Tensor(tensor) => {
            let values = tensor.iter().map(|value| i32::from(*value)).collect();
            (tensor.shape().to_vec(), integers(values, element))
        }
        Value::UInt8Tensor(tensor) => {
            let values = tensor.iter().map(|value| i32::from(*value)).collect();
            (tensor.shape().to_vec(), integers(values, element))
        }
        _ => return Err(EngineError("an output is no tensor".into())),
    };
    Ok(Tensor { shape: shape.into(), values })
}

fn floats(values: Vec<f32>, element: Element) -> Values {
    match element {
        Element::F64 => Values::F64(values.into_iter().map(f64::from).collect()),
        _ => Values::F32(values.into()),
    }
}

fn integers(values: Vec<i32>, element: Element) -> Values {
    match element {
        Element::I64 => Values::I64(values.into_iter().map(i64::from).collect()),
        Element::Bool => Values::Bool(values.into_iter().map(|value| value != 0).collect()),
        _ => Values::I32(values.into()),
    }
}
