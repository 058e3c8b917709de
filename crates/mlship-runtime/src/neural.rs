//! Neural networks, by rten. The only file that names it.
//!
//! rten has neither 64-bit integers nor 64-bit floats nor booleans: values are narrowed on the way
//! in, refused where that would change them, and widened on the way out to what the bundle says.

use std::path::Path;
use std::sync::Arc;

use mlship_bundle::{Element, Model, Port};
use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;

use crate::engine::{Engine, EngineError};
use crate::tensor::{Tensor, Values};

/// Loads the ONNX graph at `path`, with its weights mapped into memory from the files beside it.
///
/// # Errors
/// When rten refuses the graph or it lacks a port of the bundle.
pub(crate) fn load(
    path: &Path,
    model: &Model,
    threads: usize,
) -> Result<Box<dyn Engine>, EngineError> {
    let options = ModelOptions::with_all_ops();
    #[expect(unsafe_code, reason = "weights are used where they lie, mapped into memory")]
    // SAFETY: the bundle is immutable for the life of the process: it is unpacked once, under its
    // digest, before the process starts.
    let graph =
        unsafe { options.load_mmap(path) }.map_err(|error| EngineError(error.to_string()))?;
    let node = |port: &Port| {
        let id = graph.node_id(&port.name);
        id.map_err(|_| EngineError(format!("the graph has no `{}`", port.name)))
    };
    let inputs = model.inputs.iter().map(node).collect::<Result<_, _>>()?;
    let outputs = model.outputs.iter().map(node).collect::<Result<_, _>>()?;
    let elements = model.outputs.iter().map(|port| port.element).collect();
    let pool = Arc::new(ThreadPool::with_num_threads(threads));
    Ok(Box::new(Neural { graph, inputs, outputs, elements, pool }))
}

struct Neural {
    graph: rten::Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
    elements: Vec<Element>,
    pool: Arc<ThreadPool>,
}

impl Engine for Neural {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError> {
        let inputs = self.inputs.iter().zip(inputs);
        let inputs = inputs
            .map(|(id, tensor)| Ok((*id, ValueOrView::Value(narrow(tensor)?))))
            .collect::<Result<Vec<_>, EngineError>>()?;
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let outputs = self
            .graph
            .run(inputs, &self.outputs, Some(options))
            .map_err(|error| EngineError(error.to_string()))?;
        outputs
            .into_iter()
            .zip(&self.elements)
            .map(|(value, element)| widen(value, *element))
            .collect()
    }
}

fn narrow(tensor: &Tensor) -> Result<Value, EngineError> {
    let shape = tensor.shape.as_slice();
    let value = match &tensor.values {
        Values::F32(values) => Value::from_shape(shape, values.clone()).ok(),
        Values::F64(values) => {
            Value::from_shape(shape, values.iter().map(|value| *value as f32).collect::<Vec<_>>())
                .ok()
        }
        Values::I32(values) => Value::from_shape(shape, values.clone()).ok(),
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
    Ok(Tensor { shape, values })
}

fn floats(values: Vec<f32>, element: Element) -> Values {
    match element {
        Element::F64 => Values::F64(values.into_iter().map(f64::from).collect()),
        _ => Values::F32(values),
    }
}

fn integers(values: Vec<i32>, element: Element) -> Values {
    match element {
        Element::I64 => Values::I64(values.into_iter().map(i64::from).collect()),
        Element::Bool => Values::Bool(values.into_iter().map(|value| value != 0).collect()),
        _ => Values::I32(values),
    }
}
