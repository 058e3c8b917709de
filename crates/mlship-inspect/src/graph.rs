//! Facts of an ONNX graph: ports, operators, sizes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path};

use crate::facts::{ExternalFile, OnnxFacts, Operator, Opset, Port};
use crate::onnx::{Attribute, Dimension, Graph, Model, Tensor, TensorData, ValueInfo, ValueKind};
use crate::safetensors::cut;
use crate::signature::signature;

/// The most metadata entries and external files that are listed.
const LISTED: usize = 64;

/// The facts of a model whose file is in `folder`.
pub(crate) fn facts(model: &Model, folder: &Path) -> OnnxFacts {
    let mut count = Count::default();
    count.graph(&model.graph);
    let opsets = model.opsets.iter().map(|(domain, version)| Opset {
        domain: domain_name(domain).to_owned(),
        version: *version,
    });
    OnnxFacts {
        ir_version: model.ir_version,
        opsets: opsets.collect(),
        producer: cut(&model.producer),
        inputs: model.graph.inputs.iter().map(port).collect(),
        outputs: model.graph.outputs.iter().map(port).collect(),
        operators: count.operators(),
        subgraphs: count.subgraphs,
        parameters: count.parameters,
        tree_nodes: count.tree_nodes,
        metadata: metadata(&model.metadata),
        external_files: count.external_files(folder),
        signature: signature(model),
    }
}

/// The name that numpy has for a number of `TensorProto.DataType`; ONNX's own where numpy has
/// none.
pub fn dtype_name(data_type: i32) -> &'static str {
    const NAMES: [&str; 25] = [
        "undefined",
        "float32",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "float64",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
        "float8e4m3fn",
        "float8e4m3fnuz",
        "float8e5m2",
        "float8e5m2fnuz",
        "uint4",
        "int4",
        "float4e2m1",
        "float8e8m0",
    ];
    usize::try_from(data_type).ok().and_then(|number| NAMES.get(number)).unwrap_or(&"other")
}

/// `ai.onnx` for the domain that is written as nothing.
fn domain_name(domain: &str) -> &str {
    if domain.is_empty() { "ai.onnx" } else { domain }
}

/// A value as it is listed.
pub(crate) fn port(value: &ValueInfo) -> Port {
    let (dtype, shape) = match &value.kind {
        ValueKind::Tensor { data_type, shape } => {
            (dtype_name(*data_type), Some(shape.iter().map(dimension).collect()))
        }
        ValueKind::Maps => ("maps", None),
        ValueKind::Other => ("other", None),
    };
    Port { name: value.name.clone(), dtype: dtype.to_owned(), shape }
}

fn dimension(dimension: &Dimension) -> String {
    match dimension {
        Dimension::Fixed(length) => length.to_string(),
        Dimension::Any(name) if name.is_empty() => "?".into(),
        Dimension::Any(name) => name.clone(),
    }
}

fn metadata(entries: &[(String, String)]) -> BTreeMap<String, String> {
    entries.iter().take(LISTED).map(|(key, value)| (cut(key), cut(value))).collect()
}

#[derive(Default)]
struct Count<'m> {
    operators: HashMap<(&'m str, &'m str), u64>,
    subgraphs: u64,
    parameters: u64,
    tree_nodes: u64,
    external: BTreeMap<&'m str, u64>,
}

impl<'m> Count<'m> {
    /// Counts a graph and those inside; the parser bounds how deep they are.
    fn graph(&mut self, graph: &'m Graph) {
        graph.initializers.iter().for_each(|tensor| self.tensor(tensor));
        for node in &graph.nodes {
            let key = (domain_name(&node.domain), node.op_type.as_str());
            *self.operators.entry(key).or_default() += 1;
            for (name, attribute) in &node.attributes {
                match attribute {
                    Attribute::Graph(inner) => {
                        self.subgraphs += 1;
                        self.graph(inner);
                    }
                    Attribute::Tensor(tensor) => self.tensor(tensor),
                    Attribute::Ints(ids) if name == "nodes_featureids" => {
                        self.tree_nodes += ids.len() as u64;
                    }
                    _ => {}
                }
            }
        }
    }

    fn tensor(&mut self, tensor: &'m Tensor) {
        let elements = tensor
            .dims
            .iter()
            .fold(1u64, |all, one| all.saturating_mul(u64::try_from(*one).unwrap_or(0)));
        self.parameters = self.parameters.saturating_add(elements);
        if let TensorData::External { location, offset, length } = &tensor.data {
            let end = offset.saturating_add(length.unwrap_or(0));
            let needed = self.external.entry(location).or_default();
            *needed = end.max(*needed);
        }
    }

    fn operators(&self) -> Vec<Operator> {
        let mut operators: Vec<Operator> = self
            .operators
            .iter()
            .map(|((domain, name), count)| Operator {
                domain: cut(domain),
                name: cut(name),
                count: *count,
            })
            .collect();
        operators.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| (&a.domain, &a.name).cmp(&(&b.domain, &b.name)))
        });
        operators
    }

    fn external_files(&self, folder: &Path) -> Vec<ExternalFile> {
        let files = self.external.iter().take(LISTED).map(|(location, needed_bytes)| {
            let bytes = inside(location)
                .and_then(|path| folder.join(path).metadata().ok())
                .filter(std::fs::Metadata::is_file);
            ExternalFile {
                location: cut(location),
                needed_bytes: *needed_bytes,
                bytes: bytes.map(|metadata| metadata.len()),
            }
        });
        files.collect()
    }
}

/// A path that stays in its folder; any other is not looked for.
fn inside(location: &str) -> Option<&Path> {
    let path = Path::new(location);
    let stays =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    stays.then_some(path)
}

/// What a reader should know of an ONNX file before using it.
pub(crate) fn warnings(facts: &OnnxFacts) -> Vec<String> {
    let mut warnings = Vec::new();
    for file in &facts.external_files {
        let location = &file.location;
        match file.bytes {
            None => warnings.push(format!(
                "the weights are in `{location}`, which is not beside the model file"
            )),
            Some(bytes) if bytes < file.needed_bytes => warnings.push(format!(
                "`{location}` has {bytes} bytes; the model needs {}",
                file.needed_bytes
            )),
            Some(_) => {}
        }
    }
    if facts.outputs.is_empty() {
        warnings.push("the graph has no output".into());
    }
    warnings
}
