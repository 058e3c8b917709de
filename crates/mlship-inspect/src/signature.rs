//! What a request and an answer of an ONNX model look like: columns, label, probabilities.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Serialize;

use crate::graph::dtype_name;
use crate::missing::{Missing, missing};
use crate::onnx::{Attribute, Dimension, Graph, Model, Node, TensorData, ValueInfo, ValueKind};

/// What a request and an answer look like, as far as the graph says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signature {
    /// What the model is for.
    pub task: Task,
    /// What goes in, in the graph's order.
    pub inputs: Vec<InputSignature>,
    /// The names of all columns, when the model's metadata has them
    /// (`feature_names`, `columns` or `input_columns`: a JSON list, or words between commas).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// The output that holds the predicted class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The output that holds a score for every class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<String>,
    /// The classes, in the order of the scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_labels: Option<ClassLabels>,
    /// The output that holds the predicted number or numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// It gives a class; [`Signature::class_labels`] says which there are.
    Classify,
    /// It gives a number, or one number a target, in [`Signature::value`].
    Regress,
    /// The graph does not say.
    Other,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InputSignature {
    /// Its name.
    pub name: String,
    /// Its element type as numpy calls it; see [`dtype_name`].
    pub dtype: &'static str,
    /// How many columns it takes, when it is a table: rows first, columns second. An input of
    /// rows alone counts as one column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<u64>,
    /// Whether its values may be missing: NaN, or empty text.
    pub missing: Missing,
}

/// The classes of a classifier, in the order of its scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ClassLabels {
    /// Text.
    Strings(Vec<String>),
    /// Whole numbers.
    Ints(Vec<i64>),
}

/// The most classes that are listed.
const CLASSES: usize = 100_000;

/// What a request and an answer of `model` look like.
///
/// Classes come from the classifier, label encoder or list of classes that the label output is
/// made from, or else from a `ZipMap`. Without classes a model is no classifier: a clusterer's
/// label is only a number.
pub fn signature(model: &Model) -> Signature {
    let graph = &model.graph;
    let missing = missing(graph);
    let inputs = graph.inputs.iter().map(|value| {
        let handled = missing.get(value.name.as_str()).copied();
        input(value, handled.unwrap_or(Missing::NotHandled))
    });
    let mut signature = Signature {
        task: Task::Other,
        inputs: inputs.collect(),
        columns: column_names(&model.metadata),
        label: None,
        probabilities: None,
        class_labels: None,
        value: None,
    };
    let label = graph.outputs.iter().find(|output| is_label(output));
    let classes = label
        .and_then(|label| classes_of(graph, &label.name))
        .or_else(|| graph.nodes.iter().find(|node| node.op_type == "ZipMap").and_then(classes));
    if classes.is_some() {
        signature.task = Task::Classify;
        signature.label = label.map(|label| label.name.clone());
        signature.probabilities = probabilities(graph).map(|output| output.name.clone());
        signature.class_labels = classes;
    } else if let [output] = graph.outputs.as_slice()
        && is_number(graph, output)
    {
        signature.task = Task::Regress;
        signature.value = Some(output.name.clone());
    }
    signature
}

fn input(value: &ValueInfo, missing: Missing) -> InputSignature {
    let (dtype, columns) = match &value.kind {
        ValueKind::Tensor { data_type, shape } => {
            let columns = match shape.as_slice() {
                [_] => Some(1),
                [_, Dimension::Fixed(columns)] => Some(*columns),
                _ => None,
            };
            (dtype_name(*data_type), columns)
        }
        ValueKind::Maps => ("maps", None),
        ValueKind::Other => ("other", None),
    };
    InputSignature { name: value.name.clone(), dtype, columns, missing }
}

fn column_names(metadata: &[(String, String)]) -> Option<Vec<String>> {
    let keys = ["feature_names", "feature-names", "columns", "input_columns"];
    let (_, text) = metadata.iter().find(|(key, _)| keys.contains(&key.as_str()))?;
    let names = serde_json::from_str::<Vec<String>>(text)
        .unwrap_or_else(|_| text.split(',').map(|name| name.trim().to_owned()).collect());
    names.iter().all(|name| !name.is_empty()).then_some(names)
}

/// One whole number or text a row.
fn is_label(output: &ValueInfo) -> bool {
    let ValueKind::Tensor { data_type, shape } = &output.kind else { return false };
    let one = matches!(shape.as_slice(), [] | [_] | [_, Dimension::Fixed(1)]);
    one && matches!(dtype_name(*data_type), "int64" | "int32" | "string")
}

/// Maps from class to score, or a table of scores.
fn probabilities(graph: &Graph) -> Option<&ValueInfo> {
    let maps = graph.outputs.iter().find(|output| output.kind == ValueKind::Maps);
    maps.or_else(|| {
        graph.outputs.iter().find(|output| match &output.kind {
            ValueKind::Tensor { data_type, shape } => {
                is_float(*data_type) && matches!(shape.len(), 0 | 2)
            }
            _ => false,
        })
    })
}

fn is_float(data_type: i32) -> bool {
    matches!(dtype_name(data_type), "float32" | "float64")
}

/// One number a row, or several out of a regressor.
fn is_number(graph: &Graph, output: &ValueInfo) -> bool {
    let ValueKind::Tensor { data_type, shape } = &output.kind else { return false };
    let several = || {
        graph
            .nodes
            .iter()
            .any(|node| node.op_type.ends_with("Regressor") || node.op_type == "TreeEnsemble")
    };
    is_float(*data_type)
        && match shape.as_slice() {
            [_] | [_, Dimension::Fixed(1)] => true,
            [] | [_, _] => several(),
            _ => false,
        }
}

/// Operators that give labels where they take labels.
const LABELS_ON: &[&str] =
    &["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Where", "Transpose"];

/// Walks back from the label to what knows the classes.
fn classes_of(graph: &Graph, label: &str) -> Option<ClassLabels> {
    let mut makers: HashMap<&str, &Node> = HashMap::new();
    for node in &graph.nodes {
        makers.extend(node.outputs.iter().map(|name| (name.as_str(), node)));
    }
    let mut seen: HashSet<&str> = HashSet::from([label]);
    let mut next = VecDeque::from([label]);
    while let Some(name) = next.pop_front() {
        let Some(node) = makers.get(name) else { continue };
        if let Some(classes) = classes(node).or_else(|| extracted(graph, node)) {
            return Some(classes);
        }
        if !LABELS_ON.contains(&node.op_type.as_str()) {
            continue;
        }
        next.extend(node.inputs.iter().map(String::as_str).filter(|name| seen.insert(name)));
    }
    None
}

/// The classes that an operator's own attributes name.
fn classes(node: &Node) -> Option<ClassLabels> {
    let strings = |name: &str| match attribute(node, name)? {
        Attribute::Strings(items) if !items.is_empty() => Some(texts(items)),
        _ => None,
    };
    let ints = |name: &str| match attribute(node, name)? {
        Attribute::Ints(items) if !items.is_empty() => Some(items.clone()),
        _ => None,
    };
    match node.op_type.as_str() {
        "LinearClassifier" | "SVMClassifier" | "TreeEnsembleClassifier" | "ZipMap" => {
            let numbers = || ints("classlabels_int64s").or_else(|| ints("classlabels_ints"));
            strings("classlabels_strings")
                .map(ClassLabels::Strings)
                .or_else(|| numbers().map(ClassLabels::Ints))
                .filter(is_short)
        }
        "LabelEncoder" => {
            let keys = ints("keys_int64s")?;
            let values = strings("values_strings").map(ClassLabels::Strings);
            let values = values.or_else(|| ints("values_int64s").map(ClassLabels::Ints))?;
            by_key(&keys, values)
        }
        _ => None,
    }
}

/// The list of classes that skl2onnx picks the label from.
fn extracted(graph: &Graph, node: &Node) -> Option<ClassLabels> {
    if node.op_type != "ArrayFeatureExtractor" {
        return None;
    }
    let name = node.inputs.first()?;
    let list = graph.initializers.iter().find(|tensor| tensor.name == *name)?;
    let classes = match &list.data {
        TensorData::Strings(items) => ClassLabels::Strings(texts(items)),
        TensorData::Ints(items) => ClassLabels::Ints(items.clone()),
        _ => return None,
    };
    Some(classes).filter(is_short)
}

/// Puts a label encoder's values into the order of the classifier's numbers, which are its keys.
fn by_key(keys: &[i64], values: ClassLabels) -> Option<ClassLabels> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|place| keys[*place]);
    match values {
        ClassLabels::Strings(items) if items.len() == keys.len() => {
            Some(ClassLabels::Strings(order.iter().map(|place| items[*place].clone()).collect()))
        }
        ClassLabels::Ints(items) if items.len() == keys.len() => {
            Some(ClassLabels::Ints(order.iter().map(|place| items[*place]).collect()))
        }
        _ => None,
    }
    .filter(is_short)
}

fn is_short(classes: &ClassLabels) -> bool {
    match classes {
        ClassLabels::Strings(items) => (1..=CLASSES).contains(&items.len()),
        ClassLabels::Ints(items) => (1..=CLASSES).contains(&items.len()),
    }
}

fn attribute<'n>(node: &'n Node, name: &str) -> Option<&'n Attribute> {
    node.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn texts(items: &[Vec<u8>]) -> Vec<String> {
    items.iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect()
}
