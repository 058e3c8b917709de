//! Which inputs of a graph may have missing values (NaN, or empty text).
//!
//! Walks from the graph's end to its start. A value is handled when everything that uses it either
//! replaces missing values or hands them on to what does.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::onnx::{Attribute, Graph, Node};

/// Whether an input may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// An imputer, a test for NaN, or trees that know where missing values go.
    Handled,
    /// A missing value would reach the answer, or be taken for a value.
    NotHandled,
}

/// What a value's users do with a missing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nobody looks at it.
    Unused,
    /// It is replaced, or known for what it is.
    Handled,
    /// It reaches something that cannot tell.
    Fails,
}

/// What becomes of missing values of every input of the graph, by name.
pub(crate) fn missing(graph: &Graph) -> HashMap<&str, Missing> {
    let tests = tests(graph);
    let mut verdicts: HashMap<&str, Verdict> = HashMap::new();
    for output in &graph.outputs {
        verdicts.insert(&output.name, Verdict::Fails);
    }
    for node in graph.nodes.iter().rev() {
        let after = node.outputs.iter().filter_map(|name| verdicts.get(name.as_str())).max();
        let after = after.copied().unwrap_or(Verdict::Unused);
        for (place, name) in node.inputs.iter().enumerate() {
            let verdict = verdict(node, place, &tests, after);
            raise(&mut verdicts, name, verdict);
        }
        captured(node, &mut verdicts);
    }
    let verdict = |name: &str| match verdicts.get(name) {
        Some(Verdict::Handled) => Missing::Handled,
        _ => Missing::NotHandled,
    };
    graph.inputs.iter().map(|input| (input.name.as_str(), verdict(&input.name))).collect()
}

fn raise<'g>(verdicts: &mut HashMap<&'g str, Verdict>, name: &'g str, verdict: Verdict) {
    let known = verdicts.entry(name).or_insert(Verdict::Unused);
    *known = verdict.max(*known);
}

/// A graph inside an operator may use any value by name: nothing is known of such.
fn captured<'g>(node: &'g Node, verdicts: &mut HashMap<&'g str, Verdict>) {
    for (_, attribute) in &node.attributes {
        let Attribute::Graph(inner) = attribute else { continue };
        for node in &inner.nodes {
            node.inputs.iter().for_each(|name| raise(verdicts, name, Verdict::Fails));
            captured(node, verdicts);
        }
    }
}

/// What `node` does with a missing value at its input number `place`, when what uses its outputs
/// does `after`.
fn verdict(node: &Node, place: usize, tests: &HashSet<&str>, after: Verdict) -> Verdict {
    let first_tests = node.inputs.first().is_some_and(|name| tests.contains(name.as_str()));
    match node.op_type.as_str() {
        "IsNaN" => Verdict::Handled,
        "Shape" | "Size" => Verdict::Unused,
        "Imputer" if replaces_nan(node) => Verdict::Handled,
        "Where" if place > 0 && first_tests => Verdict::Handled,
        "Where" if place == 0 => Verdict::Unused,
        "TreeEnsembleClassifier" | "TreeEnsembleRegressor" | "TreeEnsemble"
            if tracks_missing(node) =>
        {
            Verdict::Handled
        }
        op if HANDS_ON.contains(&op) => after,
        _ => Verdict::Fails,
    }
}

/// Operators that give missing values where they take them.
const HANDS_ON: &[&str] = &[
    "Identity",
    "Cast",
    "CastLike",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Concat",
    "Gather",
    "ArrayFeatureExtractor",
    "FeatureVectorizer",
    "Slice",
    "Split",
    "Expand",
    "Tile",
    "Where",
    "Imputer",
    "Scaler",
    "Sub",
    "Add",
    "Mul",
    "Div",
    "Neg",
    "Abs",
    "Sqrt",
    "Log",
    "Exp",
    "Clip",
    "LabelEncoder",
    "Equal",
    "Not",
    "And",
    "Or",
];

/// Operators that keep a test a test.
const TESTS_ON: &[&str] =
    &["Cast", "Not", "And", "Or", "Identity", "Reshape", "Unsqueeze", "Squeeze"];

/// Values that say where others are missing: made by a comparison and used as a condition.
fn tests(graph: &Graph) -> HashSet<&str> {
    let mut tests = HashSet::new();
    for node in &graph.nodes {
        let starts = matches!(node.op_type.as_str(), "IsNaN" | "Equal" | "LabelEncoder");
        let goes_on = TESTS_ON.contains(&node.op_type.as_str())
            && node.inputs.iter().any(|name| tests.contains(name.as_str()));
        if starts || goes_on {
            tests.extend(node.outputs.iter().map(String::as_str));
        }
    }
    tests
}

/// `replaced_value_float` is NaN (it is 0 when left out).
fn replaces_nan(node: &Node) -> bool {
    node.attributes.iter().any(|(name, value)| {
        name == "replaced_value_float" && matches!(value, Attribute::Float(value) if value.is_nan())
    })
}

/// Some node sends missing values to its true branch; or the trees are xgboost's, which always
/// know where missing values go (it alone compares by `<`).
fn tracks_missing(node: &Node) -> bool {
    node.attributes.iter().any(|(name, value)| match (name.as_str(), value) {
        ("nodes_missing_value_tracks_true", Attribute::Ints(flags)) => flags.contains(&1),
        ("nodes_modes", Attribute::Strings(modes)) => modes.iter().any(|mode| mode == b"BRANCH_LT"),
        _ => false,
    })
}
