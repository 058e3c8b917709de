//! What a model needs and the classical engine does not have.

use std::collections::BTreeSet;
use std::fmt;

use mlship_bundle::program::{Words, operator};
use mlship_inspect::onnx::{Attribute, Graph, Model, Node, Tensor, TensorData, ValueKind};

use super::constant::{BOOL, F32, F64, I32, I64, TEXT};

/// Something that a model needs and the engine lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsupported {
    /// The operator, with its domain; or the input or constant, by name.
    pub operator: String,
    /// What of it; empty when the whole operator is lacking.
    pub part: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part.as_str() {
            "" => write!(f, "`{}`", self.operator),
            part => write!(f, "{part} of `{}`", self.operator),
        }
    }
}

/// Everything that the classical engine lacks for a model, each once, sorted; empty when it runs.
pub fn unsupported(model: &Model) -> Vec<Unsupported> {
    let mut lacking = BTreeSet::new();
    graph(&model.graph, &mut lacking);
    lacking.into_iter().collect()
}

/// An operator's name in a program.
pub(super) fn full_name(node: &Node) -> String {
    match node.domain.as_str() {
        "" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}

fn graph(graph: &Graph, lacking: &mut BTreeSet<Unsupported>) {
    for input in &graph.inputs {
        match &input.kind {
            ValueKind::Tensor { data_type, .. } if known_or_unsaid(*data_type) => {}
            ValueKind::Tensor { data_type, .. } => add(lacking, &input.name, type_name(*data_type)),
            ValueKind::Maps => add(lacking, &input.name, "map type".into()),
            ValueKind::Other => {}
        }
    }
    for tensor in &graph.initializers {
        constant(tensor, lacking);
    }
    for node in &graph.nodes {
        let name = full_name(node);
        match operator(&name) {
            None => add(lacking, &name, String::new()),
            Some(operator) => settings(node, &name, operator.attributes, lacking),
        }
        for (_, attribute) in &node.attributes {
            if let Attribute::Graph(body) = attribute {
                self::graph(body, lacking);
            }
        }
    }
}

fn settings(node: &Node, name: &str, known: &[&str], lacking: &mut BTreeSet<Unsupported>) {
    for (key, attribute) in &node.attributes {
        if !known.contains(&key.as_str()) || matches!(attribute, Attribute::Other) {
            add(lacking, name, format!("attribute `{key}`"));
        }
        match (key.as_str(), attribute) {
            ("to", Attribute::Int(to)) if !known_type(*to as i32) => {
                add(lacking, name, type_name(*to as i32));
            }
            ("tokenexp", Attribute::String(expression)) if !is_known(expression) => {
                let expression = String::from_utf8_lossy(expression);
                add(lacking, name, format!("the expression `{expression}`"));
            }
            ("mark", Attribute::Int(1)) if node.op_type == "Tokenizer" => {
                add(lacking, name, "marks".into());
            }
            (_, Attribute::Tensor(tensor)) if tensor_known(node, key, tensor) => {}
            (_, Attribute::Tensor(tensor)) => constant(tensor, lacking),
            _ => {}
        }
    }
}

/// Whether the engine knows what an expression calls a word.
fn is_known(expression: &[u8]) -> bool {
    std::str::from_utf8(expression).is_ok_and(|expression| Words::read(expression).is_some())
}

/// The modes and members of a version 5 ensemble are read when it is compiled.
fn tensor_known(node: &Node, key: &str, tensor: &Tensor) -> bool {
    node.op_type == "TreeEnsemble" && key == "nodes_modes" && tensor.data_type == 2
}

fn constant(tensor: &Tensor, lacking: &mut BTreeSet<Unsupported>) {
    if !known_type(tensor.data_type) {
        add(lacking, &tensor.name, type_name(tensor.data_type));
    }
    if matches!(tensor.data, TensorData::External { .. }) {
        add(lacking, &tensor.name, "external data".into());
    }
}

fn add(lacking: &mut BTreeSet<Unsupported>, operator: &str, part: String) {
    lacking.insert(Unsupported { operator: operator.to_owned(), part });
}

fn known_or_unsaid(data_type: i32) -> bool {
    data_type == 0 || known_type(data_type)
}

fn known_type(data_type: i32) -> bool {
    [F32, I32, I64, TEXT, BOOL, F64].contains(&data_type)
}

/// Names from `TensorProto.DataType`.
fn type_name(data_type: i32) -> String {
    let name = match data_type {
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        10 => "float16",
        12 => "uint32",
        13 => "uint64",
        14 => "complex64",
        15 => "complex128",
        16 => "bfloat16",
        other => return format!("type {other}"),
    };
    format!("type {name}")
}
