//! A graph's inputs and outputs as the runtime names them.

use mlship_bundle::{Element, Port};
use mlship_inspect::onnx::{Dimension, ValueInfo, ValueKind};

/// The inputs or outputs of a graph; or the first whose type no engine takes.
pub fn ports(values: &[ValueInfo]) -> Result<Vec<Port>, String> {
    values.iter().map(port).collect()
}

fn port(value: &ValueInfo) -> Result<Port, String> {
    match &value.kind {
        ValueKind::Tensor { data_type, shape } => {
            let element = element(*data_type)
                .ok_or_else(|| format!("`{}` has an element type that no engine takes", value.name))?;
            let shape = shape.iter().map(length).collect();
            Ok(Port { name: value.name.clone(), element, shape })
        }
        // ZipMap's list of maps stays the tensor that it is made of.
        ValueKind::Maps => Ok(Port {
            name: value.name.clone(),
            element: Element::F32,
            shape: vec![None, None],
        }),
        ValueKind::Other => Err(format!("`{}` is no tensor", value.name)),
    }
}

fn length(dimension: &Dimension) -> Option<usize> {
    match dimension {
        Dimension::Fixed(length) => usize::try_from(*length).ok(),
        Dimension::Any(_) => None,
    }
}

/// `TensorProto.DataType` (<https://onnx.ai/onnx/api/classes.html#tensorproto>).
fn element(data_type: i32) -> Option<Element> {
    match data_type {
        1 => Some(Element::F32),
        6 => Some(Element::I32),
        7 => Some(Element::I64),
        8 => Some(Element::String),
        9 => Some(Element::Bool),
        11 => Some(Element::F64),
        _ => None,
    }
}
