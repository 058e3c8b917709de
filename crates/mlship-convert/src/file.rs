//! A model's file and its weights, wherever they are.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use memmap2::Mmap;
use mlship_inspect::onnx::{Attribute, Graph, Model, Tensor, TensorData};
use mlship_inspect::open_onnx;

use crate::error::ConvertError;
use crate::node::FLOAT;

/// A model on disk. Its weights are read when they are asked for.
pub(crate) struct Source {
    path: PathBuf,
    /// What is in it.
    pub(crate) model: Model,
    map: Mmap,
}

impl Source {
    /// Opens the model at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, ConvertError> {
        let (model, map) = open_onnx(path)?;
        Ok(Self { path: path.to_owned(), model, map })
    }

    /// The file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The version of ai.onnx's operators.
    pub(crate) fn opset(&self) -> i64 {
        let main = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        self.model.opsets.iter().find(|(domain, _)| main(domain)).map_or(1, |(_, version)| *version)
    }

    /// The values of a constant of 32-bit floats, as many as its dimensions say.
    pub(crate) fn floats<'a>(&'a self, tensor: &'a Tensor) -> Result<Cow<'a, [f32]>, ConvertError> {
        let values = match &tensor.data {
            TensorData::Floats(values) => Cow::Borrowed(values.as_slice()),
            TensorData::Raw(range) => {
                Cow::Owned(values(self.map.get(range.clone()).unwrap_or_default()))
            }
            TensorData::External { location, offset, length } => {
                let needed = 4 * elements(tensor).unwrap_or_default() as u64;
                let length = length.unwrap_or(needed).min(needed);
                Cow::Owned(values(&self.outside(location, *offset, length)?))
            }
            _ => Cow::Owned(Vec::new()),
        };
        match Some(values.len()) == elements(tensor) {
            true => Ok(values),
            false => Err(ConvertError::Form(format!(
                "`{}` has {} values, its dimensions are {:?}",
                tensor.name,
                values.len(),
                tensor.dims
            ))),
        }
    }

    fn outside(&self, location: &str, offset: u64, length: u64) -> Result<Vec<u8>, ConvertError> {
        let inside = |part| matches!(part, Component::Normal(_));
        let path = self.path.with_file_name("").join(location);
        // A pipe or a device would be waited for, or read without end.
        let is_file = fs::metadata(&path).map_err(ConvertError::file("read", &path))?.is_file();
        if !is_file || !Path::new(location).components().all(inside) {
            let reason =
                format!("its weights are in `{location}`, which is no plain file beside it");
            return Err(ConvertError::Form(reason));
        }
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(offset))?;
                file.take(length).read_to_end(&mut bytes)
            })
            .map_err(ConvertError::file("read", &path))?;
        Ok(bytes)
    }
}

/// How many elements a constant has; `None` when its dimensions make no sense.
pub(crate) fn elements(tensor: &Tensor) -> Option<usize> {
    tensor
        .dims
        .iter()
        .try_fold(1usize, |product, dim| product.checked_mul(usize::try_from(*dim).ok()?))
}

/// The constants of 32-bit floats with at least `smallest` elements that no body of a control-flow
/// operator and no caller can see, by their place in the graph.
pub(crate) fn large_floats(graph: &Graph, smallest: usize) -> Vec<usize> {
    let inner = names_in_bodies(graph);
    let outer: HashSet<&str> = graph
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .chain(graph.outputs.iter().map(|output| output.name.as_str()))
        .collect();
    let converts = |tensor: &Tensor| {
        tensor.data_type == FLOAT
            && elements(tensor).is_some_and(|count| count >= smallest)
            && !inner.contains(tensor.name.as_str())
            && !outer.contains(tensor.name.as_str())
    };
    let places = graph.initializers.iter().enumerate();
    places.filter(|(_, tensor)| converts(tensor)).map(|(at, _)| at).collect()
}

/// The names that the bodies of control-flow operators use.
fn names_in_bodies(graph: &Graph) -> HashSet<&str> {
    let mut names = HashSet::new();
    let mut bodies: Vec<&Graph> = graph.nodes.iter().flat_map(bodies_of).collect();
    while let Some(body) = bodies.pop() {
        for node in &body.nodes {
            names.extend(node.inputs.iter().map(String::as_str));
            bodies.extend(bodies_of(node));
        }
        names.extend(body.outputs.iter().map(|output| output.name.as_str()));
    }
    names
}

fn bodies_of(node: &mlship_inspect::onnx::Node) -> impl Iterator<Item = &Graph> {
    node.attributes.iter().filter_map(|(_, attribute)| match attribute {
        Attribute::Graph(body) => Some(body),
        _ => None,
    })
}

fn values(bytes: &[u8]) -> Vec<f32> {
    let (whole, _) = bytes.as_chunks::<4>();
    whole.iter().map(|value| f32::from_le_bytes(*value)).collect()
}
