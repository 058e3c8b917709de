//! Constants of 16-bit floats that are made into 32-bit ones before anything is computed: what
//! `mlship convert --weights f16` writes, and other tools too.

use std::collections::{HashMap, HashSet};
use std::io;

use half::f16;
use mlship_inspect::onnx::{Attribute, Graph, Node, parse};

/// `TensorProto.DataType`.
pub(super) const FLOAT: u64 = 1;
/// `TensorProto.DataType`.
pub(super) const FLOAT16: i32 = 10;

/// Which constants become 32-bit floats, and which operators need no longer be there.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// A constant's name, and what it is called as 32-bit floats.
    names: HashMap<String, String>,
    /// The places of the operators that cast them.
    casts: HashSet<usize>,
}

impl Halves {
    /// Looks for them in a model's file.
    ///
    /// # Errors
    /// When the model computes with 16-bit floats, which no engine here does.
    pub(super) fn of(file: &[u8]) -> io::Result<Self> {
        let model = parse(file).map_err(|error| invalid(error.to_string()))?;
        let mut halves = Self::default();
        for tensor in &model.graph.initializers {
            if tensor.data_type == FLOAT16 {
                let (at, cast) = only_cast(&model.graph, &tensor.name).ok_or_else(|| {
                    invalid(format!(
                        "it computes with 16-bit floats (`{}`), and only weights may be; export it \
                         with 32-bit floats and halve it with: mlship convert --weights f16",
                        tensor.name
                    ))
                })?;
                halves.names.insert(tensor.name.clone(), cast.to_owned());
                halves.casts.insert(at);
            }
        }
        Ok(halves)
    }

    /// True when there are any.
    pub(super) fn any(&self) -> bool {
        !self.names.is_empty()
    }

    /// What a constant is called as 32-bit floats; `None` when it is none of them.
    pub(super) fn name(&self, constant: &str) -> Option<&str> {
        self.names.get(constant).map(String::as_str)
    }

    /// True for the place of an operator that need no longer be there.
    pub(super) fn is_cast(&self, node: usize) -> bool {
        self.casts.contains(&node)
    }
}

/// 16-bit floats as 32-bit ones, little end first.
pub(super) fn widened(bytes: &[u8]) -> Vec<u8> {
    let (halves, _) = bytes.as_chunks::<2>();
    halves.iter().flat_map(|half| f16::from_le_bytes(*half).to_f32().to_le_bytes()).collect()
}

/// The one use of a constant, when it is a cast to 32-bit floats.
fn only_cast<'g>(graph: &'g Graph, constant: &str) -> Option<(usize, &'g str)> {
    let uses = |(_, node): &(usize, &Node)| node.inputs.iter().any(|input| input == constant);
    let mut users = graph.nodes.iter().enumerate().filter(uses);
    let (at, node) = users.next()?;
    let to_float = |(name, value): &(String, Attribute)| {
        name == "to" && *value == Attribute::Int(i64::try_from(FLOAT).unwrap_or_default())
    };
    let cast = node.op_type == "Cast" && node.attributes.iter().any(to_float);
    let alone = users.next().is_none() && graph.outputs.iter().all(|out| out.name != constant);
    (cast && alone).then_some(())?;
    Some((at, node.outputs.first()?))
}

pub(super) fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
