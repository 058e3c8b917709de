//! `output`: exactly one way from tensors to answer.

use std::collections::HashSet;

use mlship_core::finding::Finding;
use mlship_core::node::Value;
use mlship_core::project::{Activation, Classify, Labels, Output};
use mlship_core::reader::{Located, Reader};

use super::input::{is_word, one_way};
use super::{embed, filled, paths};

/// The answer's key for a number, unless told.
pub(crate) const REGRESS_FIELD: &str = "prediction";

/// The key beside the label that holds the scores.
const PROBABILITIES: &str = "probabilities";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Output> {
    const WAYS: [&str; 4] = ["classify", "regress", "embed", "tensor"];
    let node = reader.node("output");
    if node.is_some_and(|node| is_word(reader, "output", node, &WAYS)) {
        return None;
    }
    let table = reader.table("output");
    let mut table = reader.required("output", table)?;
    let ways = WAYS.map(|name| (name, table.entry(name)));
    let chosen = one_way(&table, &ways, false);
    let output = match chosen {
        Some("classify") => classify(&mut table),
        Some("regress") => regress(&mut table),
        Some("embed") => embed::read(&mut table).map(Output::Embed),
        Some(_) => tensor(&mut table),
        None => None,
    };
    table.finish();
    output
}

fn classify(output: &mut Reader<'_>) -> Option<Output> {
    let span = output.entry("classify").map(|(_, node)| node.span.clone());
    // `classify:` alone asks for the model's own labels.
    if output.node("classify").is_none() {
        return Some(Output::Classify(Classify { span, ..Classify::default() }));
    }
    let mut table = output.table("classify")?;
    let labels_span = table.entry("labels").map(|(_, node)| node.span.clone());
    let labels = labels(&mut table).unwrap_or_default();
    let top = table.integer("top", 1..=i64::from(u16::MAX));
    let top = top.and_then(|top| at_most(&table, top, &labels));
    let field = field(&mut table);
    let activation =
        match table.one_of("activation", &["none", "softmax", "log-softmax", "sigmoid"]) {
            Some(Located { value: "softmax", .. }) => Activation::Softmax,
            Some(Located { value: "log-softmax", .. }) => Activation::LogSoftmax,
            Some(Located { value: "sigmoid", .. }) => Activation::Sigmoid,
            _ => Activation::None,
        };
    let threshold = table.number("threshold").map(|threshold| threshold.value as f32);
    table.finish();
    Some(Output::Classify(Classify {
        labels,
        top,
        field,
        activation,
        threshold,
        span,
        labels_span,
    }))
}

/// A list of names, or the path of a file with one on each line.
fn labels(table: &mut Reader<'_>) -> Option<Labels> {
    if let Some(Value::Str(text)) = table.node("labels").map(|node| &node.value)
        && text.ends_with(".txt")
    {
        let path = table.string("labels")?;
        return paths::local(table, "labels", path).map(Labels::File);
    }
    let written = table.strings("labels")?;
    unique(table, written).map(Labels::Named)
}

fn unique(table: &mut Reader<'_>, labels: Located<Vec<String>>) -> Option<Vec<String>> {
    if labels.value.is_empty() {
        table.report(
            Finding::error("manifest/labels", "`output.classify.labels` is empty")
                .at(labels.span)
                .label("no labels")
                .hint(
                    "name the classes in the model's order, or leave it out: the model has its own",
                ),
        );
        return None;
    }
    let Some(Value::List(items)) = table.node("labels").map(|node| &node.value) else {
        return None;
    };
    let mut seen = HashSet::new();
    let mut wrong = false;
    for (label, item) in labels.value.iter().zip(items) {
        let message = if label.trim().is_empty() {
            "a label is empty".to_owned()
        } else if !seen.insert(label) {
            format!("the label `{}` is there twice", super::clip(label))
        } else {
            continue;
        };
        wrong = true;
        table.report(
            Finding::error("manifest/labels", message)
                .at(item.span.clone())
                .label("not a label of its own")
                .hint("every class needs a label of its own, in the model's order"),
        );
    }
    (!wrong).then_some(labels.value)
}

fn at_most(table: &Reader<'_>, top: Located<i64>, labels: &Labels) -> Option<usize> {
    let top_value = usize::try_from(top.value).ok()?;
    match labels {
        Labels::Named(labels) if labels.len() < top_value => {
            let count = labels.len();
            let plural = if count == 1 { "" } else { "s" };
            let message = format!(
                "`output.classify.top` is {top_value}, and there are {count} label{plural}"
            );
            table.report(
                Finding::error("manifest/range", message)
                    .at(top.span)
                    .label(format!("more than {count}"))
                    .hint(format!("write `{count}`, or leave `top` out to get all")),
            );
            None
        }
        _ => Some(top_value),
    }
}

fn field(table: &mut Reader<'_>) -> Option<String> {
    let field = table.string("field");
    let field = filled(table, "field", field)?;
    if field.value == PROBABILITIES {
        table.report(
            Finding::error(
                "manifest/field",
                format!("`{}` cannot be `{PROBABILITIES}`", table.path_of("field")),
            )
            .at(field.span)
            .label("the scores have this key")
            .hint("give the label another key, such as `label`"),
        );
        return None;
    }
    Some(field.value)
}

fn regress(output: &mut Reader<'_>) -> Option<Output> {
    let mut told = None;
    if output.node("regress").is_some() {
        let mut table = output.table("regress")?;
        let field = table.string("field");
        told = filled(&table, "field", field).map(|field| field.value);
        table.finish();
    }
    Some(Output::Regress { field: told.unwrap_or_else(|| REGRESS_FIELD.to_owned()) })
}

fn tensor(output: &mut Reader<'_>) -> Option<Output> {
    if output.node("tensor").is_some() {
        output.table("tensor")?.finish();
    }
    Some(Output::Tensor)
}
