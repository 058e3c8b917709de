//! The manifest's columns and labels, bound to the model's own inputs and outputs.

use mlship_bundle::{
    Activation, Classify, Column, ColumnKind, Element, Input, Output, Packed, Port, Regress,
};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{self, Presence, Project};
use mlship_core::reader::nearest;
use mlship_inspect::Signature;

use crate::labels;

/// Binds the manifest's input and output to the model, or says everything that does not fit.
pub fn bind(
    project: &Project,
    inputs: &[Port],
    outputs: &[Port],
    signature: &Signature,
) -> Result<(Input, Output), Report> {
    let mut report = Report::default();
    let input = match &project.input {
        project::Input::Table(columns) => bind_table(columns, inputs, &mut report),
        project::Input::Text(_) => {
            report.push(Finding::error("model/text", "text input cannot be packaged yet"));
            Input::Tensor
        }
        project::Input::Tensor => Input::Tensor,
    };
    let output = match &project.output {
        project::Output::Classify(wanted) => classify(wanted, outputs, signature, &mut report),
        project::Output::Regress { field } => regress(field, outputs, signature, &mut report),
        project::Output::Embed(_) => {
            report.push(Finding::error("model/embed", "embeddings cannot be packaged yet"));
            Output::Tensor
        }
        project::Output::Tensor => Output::Tensor,
    };
    if report.has_errors() { Err(report) } else { Ok((input, output)) }
}

fn bind_table(columns: &[project::Column], inputs: &[Port], report: &mut Report) -> Input {
    let by_name = inputs.len() > 1 && inputs.iter().all(|port| width(port) == Some(1));
    let packed = if by_name {
        bind_by_name(columns, inputs, report)
    } else {
        bind_in_order(columns, inputs, report)
    };
    for (port, group) in inputs.iter().zip(&packed) {
        for column in group {
            check_kind(column, port, report);
        }
    }
    let packed = inputs.iter().zip(packed).map(|(port, group)| Packed {
        input: port.name.clone(),
        element: port.element,
        columns: group.into_iter().map(bundled).collect(),
    });
    Input::Table(packed.collect())
}

/// One input a column: by name, in whatever order the manifest has them.
fn bind_by_name<'a>(
    columns: &'a [project::Column],
    inputs: &[Port],
    report: &mut Report,
) -> Vec<Vec<&'a project::Column>> {
    for column in columns {
        if !inputs.iter().any(|port| port.name == column.name) {
            let mut finding =
                Finding::error("model/column", format!("the model has no input `{}`", column.name))
                    .at(column.span.clone())
                    .label("no such input");
            if let Some(near) = nearest(&column.name, inputs.iter().map(|port| port.name.as_str()))
            {
                finding = finding.hint(format!("did you mean `{near}`?"));
            }
            report.push(finding);
        }
    }
    let find = |port: &Port| columns.iter().find(|column| column.name == port.name);
    let missing: Vec<&str> =
        inputs.iter().filter(|port| find(port).is_none()).map(|port| port.name.as_str()).collect();
    if !missing.is_empty() {
        report.push(
            Finding::error(
                "model/column",
                format!("the model's inputs `{}` have no column", missing.join("`, `")),
            )
            .hint(format!("add them under `input.table.columns`: `{}: float`", missing[0])),
        );
    }
    inputs.iter().map(|port| find(port).into_iter().collect()).collect()
}

/// Wide inputs: filled left to right, each with as many columns as it is wide.
fn bind_in_order<'a>(
    columns: &'a [project::Column],
    inputs: &[Port],
    report: &mut Report,
) -> Vec<Vec<&'a project::Column>> {
    if inputs.iter().any(|port| port.shape.len() != 2) {
        report.push(
            Finding::error(
                "model/table",
                "the model does not take a table: an input is not two-dimensional",
            )
            .hint("use `input: {tensor: {}}`"),
        );
        return inputs.iter().map(|_| Vec::new()).collect();
    }
    let open = if inputs.len() == 1 { columns.len() } else { 1 };
    let widths: Vec<usize> = inputs.iter().map(|port| width(port).unwrap_or(open)).collect();
    let wanted: usize = widths.iter().sum();
    if wanted != columns.len() {
        report.push(
            Finding::error(
                "model/column-count",
                format!("the model takes {wanted} columns, the manifest has {}", columns.len()),
            )
            .hint("list one column for each, in the order that the model was trained on"),
        );
    }
    let mut rest = columns.iter();
    widths.iter().map(|wide| rest.by_ref().take(*wide).collect()).collect()
}

fn check_kind(column: &project::Column, port: &Port, report: &mut Report) {
    let text_column = column.kind == project::ColumnKind::String;
    let text_input = port.element == Element::String;
    if text_column != text_input {
        let (have, want) = if text_input { ("a number", "string") } else { ("text", "float") };
        report.push(
            Finding::error(
                "model/column-type",
                format!(
                    "column `{}` is {have}, the model takes {}",
                    column.name,
                    if text_input { "text" } else { "a number" }
                ),
            )
            .at(column.span.clone())
            .hint(format!("write `{}: {want}`", column.name)),
        );
    }
    let whole = matches!(port.element, Element::I32 | Element::I64 | Element::Bool);
    if whole && column.presence == Presence::Optional {
        report.push(
            Finding::error(
                "model/column-type",
                format!(
                    "column `{}` cannot be left out: the model takes a whole number",
                    column.name
                ),
            )
            .at(column.span.clone())
            .hint("take the `?` away"),
        );
    }
}

fn bundled(column: &project::Column) -> Column {
    Column {
        name: column.name.clone(),
        kind: match column.kind {
            project::ColumnKind::Float => ColumnKind::Float,
            project::ColumnKind::Int => ColumnKind::Int,
            project::ColumnKind::String => ColumnKind::String,
            project::ColumnKind::Bool => ColumnKind::Bool,
        },
        optional: column.presence == Presence::Optional,
    }
}

fn classify(
    wanted: &project::Classify,
    outputs: &[Port],
    signature: &Signature,
    report: &mut Report,
) -> Output {
    let score_output = signature.probabilities.clone().or_else(|| only_float(outputs));
    let label_output = signature.label.clone();
    if score_output.is_none() && label_output.is_none() {
        report.push(
            Finding::error("model/classify", "the model gives neither a label nor scores")
                .hint("use `output: {tensor: {}}` or `output: {regress: {}}`"),
        );
    }
    let scores = score_output
        .as_ref()
        .and_then(|name| outputs.iter().find(|port| port.name == *name))
        .and_then(width);
    let named = labels::name(wanted, signature, scores, report);
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
            project::Activation::Sigmoid => Activation::Sigmoid,
        },
    })
}

fn regress(field: &str, outputs: &[Port], signature: &Signature, report: &mut Report) -> Output {
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

/// The name of the one output of floats.
fn only_float(outputs: &[Port]) -> Option<String> {
    let mut floats = outputs
        .iter()
        .filter(|port| matches!(port.element, Element::F32 | Element::F64))
        .map(|port| port.name.clone());
    floats.next().filter(|_| floats.next().is_none())
}

/// How many columns a `[rows, columns]` tensor has, when it is said.
fn width(port: &Port) -> Option<usize> {
    match port.shape.as_slice() {
        [_, width] => *width,
        _ => None,
    }
}
