//! A label or a number, bound to the model's outputs.

use mlship_bundle::{Activation, Classify, Output, Port, Regress};
use mlship_core::finding::{Finding, Report};
use mlship_core::project;
use mlship_inspect::Signature;

use super::{Ground, only_float, width};
use crate::labels;

/// What exporters call the scores of a neural classifier, where it gives more than them.
const LOGITS: &str = "logits";

/// Binds a classifier.
pub(super) fn classify(
    wanted: &project::Classify,
    ground: &Ground<'_>,
    report: &mut Report,
) -> Output {
    let Ground { outputs, signature, .. } = *ground;
    let score_output = signature
        .probabilities
        .clone()
        .or_else(|| only_float(outputs))
        .or_else(|| outputs.iter().any(|port| port.name == LOGITS).then(|| LOGITS.to_owned()));
    let label_output = signature.label.clone();
    if score_output.is_none() && label_output.is_none() {
        report.push(
            Finding::error("model/classify", "the model gives neither a label nor scores")
                .hint("use `output: {tensor: {}}` or `output: {regress: {}}`"),
        );
    }
    let scores =
        score_output.as_ref().and_then(|name| outputs.iter().find(|port| port.name == *name));
    if let Some(port) = scores.filter(|port| port.shape.len() > 2) {
        report.push(
            Finding::error(
                "model/classify",
                format!("`{}` has {} dimensions, no score a class", port.name, port.shape.len()),
            )
            .hint("scores are `[rows, classes]`; use `output: {tensor: {}}` for other tensors"),
        );
    }
    let scores = scores.and_then(width);
    let named = labels::name(wanted, ground, scores, report);
    Output::Classify(Classify {
        field: wanted.field.clone().unwrap_or_else(|| "label".into()),
        label_output,
        score_output,
        classes: named.classes,
        labels: named.labels,
        top: wanted.top,
        activation: match wanted.activation {
            project::Activation::None => Activation::None,
            project::Activation::Softmax => Activation::Softmax,
            project::Activation::LogSoftmax => Activation::LogSoftmax,
            project::Activation::Sigmoid => Activation::Sigmoid,
        },
        threshold: wanted.threshold,
    })
}

/// Binds a regressor.
pub(super) fn regress(
    field: &str,
    outputs: &[Port],
    signature: &Signature,
    report: &mut Report,
) -> Output {
    let output = signature
        .value
        .clone()
        .or_else(|| only_float(outputs))
        .or_else(|| outputs.first().map(|port| port.name.clone()));
    if output.is_none() {
        report.push(Finding::error("model/regress", "the model gives nothing"));
    }
    Output::Regress(Regress { field: field.to_owned(), output: output.unwrap_or_default() })
}
