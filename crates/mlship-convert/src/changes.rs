//! What becomes of a model's parts, and the file with them changed.

use std::collections::BTreeMap;
use std::path::Path;

use mlship_inspect::onnx::{Tensor, TensorData};
use mlship_inspect::protobuf::fields;

use crate::error::ConvertError;
use crate::file::Source;
use crate::rope::Rope;

/// What becomes of a graph's parts, by their place.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    /// Operators that come before all others.
    pub(crate) first: Vec<Vec<u8>>,
    /// Operators that take the place of one.
    pub(crate) nodes: BTreeMap<usize, Vec<Vec<u8>>>,
    /// Constants that take the place of one.
    pub(crate) tensors: BTreeMap<usize, Rope<'a>>,
}

impl Changes<'_> {
    /// What stays in another file must be found from where the model is written.
    pub(crate) fn check_places(
        &self,
        source: &Source,
        from: &Path,
        to: &Path,
    ) -> Result<(), ConvertError> {
        let outside = |tensor: &Tensor| matches!(tensor.data, TensorData::External { .. });
        let tensors = source.model.graph.initializers.iter().enumerate();
        let stays =
            tensors.filter(|(at, _)| !self.tensors.contains_key(at)).any(|(_, t)| outside(t));
        match stays && from.parent() != to.parent() {
            true => Err(ConvertError::Form(
                "some of its weights stay in a file beside it; write the result into that folder"
                    .into(),
            )),
            false => Ok(()),
        }
    }
}

/// The file with its changes; what is not changed is copied byte for byte.
pub(crate) fn whole<'a>(
    source: &'a Source,
    changes: Changes<'a>,
) -> Result<Rope<'a>, ConvertError> {
    let mut changes = Some(changes);
    let mut out = Rope::default();
    for field in fields(source.bytes()) {
        let field = field.map_err(|error| ConvertError::Form(error.to_string()))?;
        match (field.number, field.payload, changes.is_some()) {
            (7, Some(bytes), true) => {
                out.message(7, graph(bytes, changes.take().unwrap_or_default())?);
            }
            (7, Some(_), false) => {
                return Err(ConvertError::Form("it has two graphs".into()));
            }
            _ => out.kept(field.whole),
        }
    }
    Ok(out)
}

fn graph<'a>(bytes: &'a [u8], mut changes: Changes<'a>) -> Result<Rope<'a>, ConvertError> {
    let mut out = Rope::default();
    changes.first.drain(..).for_each(|node| out.made(node));
    let (mut nodes, mut tensors) = (0.., 0..);
    for field in fields(bytes) {
        let field = field.map_err(|error| ConvertError::Form(error.to_string()))?;
        let node = (field.number == 1).then(|| nodes.next()).flatten();
        let tensor = (field.number == 5).then(|| tensors.next()).flatten();
        if let Some(made) = node.and_then(|at: usize| changes.nodes.remove(&at)) {
            made.into_iter().for_each(|node| out.made(node));
        } else if let Some(made) = tensor.and_then(|at: usize| changes.tensors.remove(&at)) {
            out.append(made);
        } else {
            out.kept(field.whole);
        }
    }
    Ok(out)
}
