//! What the converter says of a model that it converted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a model was converted, and how its answers compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The class of the model: `sklearn.pipeline.Pipeline`.
    pub class: String,
    /// Rows that both models answered.
    pub rows: u64,
    /// The largest difference of a number, in the measure of the output's largest number where that
    /// is above one.
    pub largest: f64,
    /// Rows in which the model itself holds two labels for equally probable, and the other was
    /// chosen.
    pub ties: u64,
    /// Of each output.
    pub outputs: Vec<Output>,
    /// The operator sets that the converted model is written for.
    pub opset: BTreeMap<String, i64>,
    /// The versions that were at work.
    pub packages: BTreeMap<String, String>,
    /// Some of the rows, with the model's own answers.
    pub samples: Vec<Row>,
    /// How many samples the runtime that will serve was asked, where it was.
    #[serde(default)]
    pub requests: usize,
    /// The largest difference of a number where the runtime that will serve answered the samples
    /// too; nothing where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<f64>,
    /// What the reader should know of the conversion; one phrase each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An output of the converted model beside the model's own answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The method that gives it: `predict`, `predict_proba`.
    pub is: String,
    /// The largest difference of a number.
    pub largest: f64,
}

/// A row, and what the model itself answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The columns.
    pub request: Map<String, Value>,
    /// The label or the number of `predict`.
    pub predict: Value,
    /// The probabilities, in the order of the classes.
    pub probabilities: Option<Vec<f64>>,
    /// The largest difference that is taken in this row, where it is not that of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
}

impl Row {
    /// Whether every column has a value.
    pub fn is_whole(&self) -> bool {
        !self.request.values().any(Value::is_null)
    }
}

/// What the converter writes.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    pub(crate) ok: bool,
    pub(crate) stage: Stage,
    pub(crate) step: Option<String>,
    pub(crate) reason: Option<String>,
    #[serde(flatten)]
    pub(crate) rest: Value,
}

/// How far a conversion came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    Load,
    Convert,
    Parity,
}
