//! What the classes of a model are called, by the model and in the answer.

use mlship_core::finding::{Finding, Report};
use mlship_core::project;
use mlship_inspect::{ClassLabels, Signature};

/// The names of the classes, in the order of the scores.
pub(crate) struct Named {
    /// The model's own.
    pub(crate) classes: Vec<String>,
    /// The answer's.
    pub(crate) labels: Vec<String>,
}

/// Names the classes; `scores` is how many scores the model gives, when that is known.
pub(crate) fn name(
    wanted: &project::Classify,
    signature: &Signature,
    scores: Option<usize>,
    report: &mut Report,
) -> Named {
    let from_model = signature.class_labels.as_ref().map(texts);
    // A single score is the probability of the second of two classes.
    let count = from_model.as_ref().map(Vec::len).or(scores.map(|scores| scores.max(2)));
    let numbered = |count: usize| (0..count).map(|class| class.to_string()).collect();
    let classes: Vec<String> = from_model
        .unwrap_or_else(|| numbered(count.unwrap_or(wanted.labels.len())));
    if wanted.labels.is_empty() {
        if classes.is_empty() {
            report.push(missing(wanted));
        }
        return Named { labels: classes.clone(), classes };
    }
    if count.is_some_and(|count| count != wanted.labels.len()) {
        report.push(uneven(wanted, &classes));
    }
    Named { classes, labels: wanted.labels.clone() }
}

fn missing(wanted: &project::Classify) -> Finding {
    placed(
        wanted,
        Finding::error("model/labels", "the model does not say how many classes it has")
            .hint("name them: `labels: [first, second]`"),
    )
}

fn uneven(wanted: &project::Classify, classes: &[String]) -> Finding {
    placed(
        wanted,
        Finding::error(
            "model/labels",
            format!("the model has {} classes, `labels` names {}", classes.len(), wanted.labels.len()),
        )
        .hint(format!("the model calls them, in this order: {}", classes.join(", "))),
    )
}

fn placed(wanted: &project::Classify, finding: Finding) -> Finding {
    match &wanted.span {
        Some(span) => finding.at(span.clone()),
        None => finding,
    }
}

/// The model's own names of its classes, as text.
pub fn texts(labels: &ClassLabels) -> Vec<String> {
    match labels {
        ClassLabels::Strings(names) => names.clone(),
        ClassLabels::Ints(numbers) => numbers.iter().map(ToString::to_string).collect(),
    }
}
