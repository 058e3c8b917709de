//! Tree ensembles: everything but the trees themselves, which [`super::tree_parts`] lays out.

use std::collections::BTreeSet;

use mlship_bundle::program::{Param, ParamKind};
use mlship_inspect::onnx::{Attribute, Node};

use super::constant::texts;
use super::tree_nodes::{Attributes, classic, indexed};
use super::tree_parts::{Forest, Laid};
use super::writer::{Elements, Writer};
use super::{CompileError, malformed};

/// The name and settings of a tree ensemble in the program; `None` for any other operator.
pub(super) fn params(
    node: &Node,
    name: &str,
    file: &[u8],
    writer: &mut Writer,
) -> Result<Option<(String, Vec<Param>)>, CompileError> {
    let read = Attributes { node, file };
    let mut out = Params { writer, params: Vec::new() };
    let lowered = match name {
        "ai.onnx.ml.TreeEnsembleClassifier" => out.classifier(&read),
        "ai.onnx.ml.TreeEnsembleRegressor" => out.regressor(&read),
        "ai.onnx.ml.TreeEnsemble" => out.ensemble(&read),
        _ => return Ok(None),
    };
    lowered.map_err(|problem| malformed(name, problem))?;
    Ok(Some((name.to_owned(), out.params)))
}

struct Params<'a> {
    writer: &'a mut Writer,
    params: Vec<Param>,
}

const DOUBLES: &[&str] = &[
    "nodes_values_as_tensor",
    "class_weights_as_tensor",
    "target_weights_as_tensor",
    "base_values_as_tensor",
    "nodes_splits",
    "leaf_weights",
];

impl Params<'_> {
    fn classifier(&mut self, read: &Attributes<'_>) -> Result<(), &'static str> {
        self.labels(read)?;
        self.same_text(read, "post_transform")?;
        self.forest(&classic(read, "class")?, read)?;
        let classes: BTreeSet<&i64> = read.ints("class_ids").iter().collect();
        self.int("one_class_weighed", i64::from(classes.len() == 1));
        let positive = read.floats("class_weights")?.iter().all(|weight| *weight >= 0.0);
        self.int("weights_are_positive", i64::from(positive));
        Ok(())
    }

    fn regressor(&mut self, read: &Attributes<'_>) -> Result<(), &'static str> {
        self.same_text(read, "post_transform")?;
        self.same_text(read, "aggregate_function")?;
        self.int("n_targets", read.int("n_targets").unwrap_or(1));
        self.forest(&classic(read, "target")?, read)
    }

    fn ensemble(&mut self, read: &Attributes<'_>) -> Result<(), &'static str> {
        const TRANSFORMS: [&str; 5] = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];
        const AGGREGATES: [&str; 4] = ["AVERAGE", "SUM", "MIN", "MAX"];
        let chosen = |name: &str, default: i64, from: &[&'static str]| {
            let index = usize::try_from(read.int(name).unwrap_or(default)).ok();
            index.and_then(|index| from.get(index)).copied().ok_or("a setting is out of range")
        };
        let transform = chosen("post_transform", 0, &TRANSFORMS)?;
        let aggregate = chosen("aggregate_function", 1, &AGGREGATES)?;
        self.text("post_transform", transform);
        self.text("aggregate_function", aggregate);
        self.int("n_targets", read.int("n_targets").unwrap_or(1));
        self.forest(&indexed(read)?, read)
    }

    fn forest(&mut self, forest: &Forest, read: &Attributes<'_>) -> Result<(), &'static str> {
        let Laid { nodes, values, roots, leaf_targets, leaf_weights } = forest.laid()?;
        let base = read.floats("base_values")?;
        self.array("nodes", Elements::Nodes(nodes));
        self.array("roots", Elements::U32(roots));
        self.array("leaf_targets", Elements::U32(leaf_targets));
        if read.any_doubles(DOUBLES) {
            self.array("values", Elements::F64(values));
            self.array("leaf_weights", Elements::F64(leaf_weights));
            self.array("base_values", Elements::F64(base));
        } else {
            self.array("leaf_weights", Elements::F32(narrow(&leaf_weights)));
            self.array("base_values", Elements::F32(narrow(&base)));
        }
        Ok(())
    }

    fn labels(&mut self, read: &Attributes<'_>) -> Result<(), &'static str> {
        let ints = read.ints("classlabels_int64s");
        if !ints.is_empty() {
            self.array("classlabels_int64s", Elements::I64(ints.to_vec()));
        }
        if let Some(Attribute::Strings(labels)) = read.get("classlabels_strings")
            && !labels.is_empty()
        {
            let labels = texts(labels).ok_or("a label is not UTF-8")?;
            self.array("classlabels_strings", Elements::Text(labels));
        }
        Ok(())
    }

    fn same_text(&mut self, read: &Attributes<'_>, name: &str) -> Result<(), &'static str> {
        if let Some(Attribute::String(bytes)) = read.get(name) {
            let text = std::str::from_utf8(bytes).map_err(|_| "a setting is not UTF-8")?;
            self.text(name, text);
        }
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) {
        let value = self.writer.text(text).into();
        self.param(name, ParamKind::Text, value);
    }

    fn int(&mut self, name: &str, value: i64) {
        self.param(name, ParamKind::Int, value.cast_unsigned());
    }

    fn array(&mut self, name: &str, elements: Elements) {
        let dims = [elements.len()];
        let value = self.writer.array(&dims, elements).into();
        self.param(name, ParamKind::Array, value);
    }

    fn param(&mut self, name: &str, kind: ParamKind, value: u64) {
        let name = self.writer.text(name);
        self.params.push(Param { name, kind: kind as u32, value });
    }
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}
