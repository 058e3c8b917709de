//! What the classes of a model are called, by the model and in the answer.

use std::collections::HashSet;
use std::path::Path;
use std::{fs, io};

use mlship_core::finding::{Finding, Report, Span};
use mlship_core::project::{self, Labels};
use mlship_core::reader::Located;
use mlship_inspect::ClassLabels;

use crate::bind::Ground;

/// The names of the classes, in the order of the scores.
pub(crate) struct Named {
    /// The model's own.
    pub(crate) classes: Vec<String>,
    /// The answer's.
    pub(crate) labels: Vec<String>,
}

/// The most bytes of a file of labels.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What the manifest calls the classes; nothing when it leaves that to the model.
pub(crate) fn told(output: &project::Output, root: &Path, report: &mut Report) -> Vec<String> {
    let project::Output::Classify(wanted) = output else { return Vec::new() };
    match &wanted.labels {
        Labels::Own => Vec::new(),
        Labels::Named(names) => names.clone(),
        Labels::File(path) => lines(path, root).unwrap_or_else(|finding| {
            report.push(*finding);
            Vec::new()
        }),
    }
}

/// The lines of a file, each a label of its own.
fn lines(path: &Located<String>, root: &Path) -> Result<Vec<String>, Box<Finding>> {
    let wrong = |message: String, label: &str| {
        let finding = Finding::error("model/labels", message).at(path.span.clone()).label(label);
        Box::new(finding.hint("it has the name of a class on each line, in the model's order"))
    };
    let file = root.join(&path.value);
    let text = fs::metadata(&file)
        .and_then(|about| match about.is_file() && about.len() <= MOST_BYTES {
            true => fs::read_to_string(&file),
            false => Err(io::Error::other("it is no file of less than 4 MiB")),
        })
        .map_err(|error| wrong(format!("`{}` cannot be read: {error}", path.value), "this file"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let labels: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let mut seen = HashSet::new();
    let odd = labels.iter().position(|label| label.is_empty() || !seen.insert(label));
    match odd {
        Some(line) => {
            let what = if labels[line].is_empty() { "is empty" } else { "is there twice" };
            Err(wrong(format!("line {} of `{}` {what}", line + 1, path.value), "labels are here"))
        }
        None if labels.is_empty() => Err(wrong(format!("`{}` is empty", path.value), "no labels")),
        None => Ok(labels),
    }
}

/// Names the classes; `scores` is how many scores the model gives, when that is known.
pub(crate) fn name(
    wanted: &project::Classify,
    ground: &Ground<'_>,
    scores: Option<usize>,
    report: &mut Report,
) -> Named {
    let told = ground.labels;
    let from_model = ground.signature.class_labels.as_ref().map(texts);
    // A single score is the probability of the second of two classes.
    let count = from_model.as_ref().map(Vec::len).or(scores.map(|scores| scores.max(2)));
    let numbered = |count: usize| (0..count).map(|class| class.to_string()).collect();
    let classes: Vec<String> = from_model.unwrap_or_else(|| numbered(count.unwrap_or(told.len())));
    if told.is_empty() {
        if classes.is_empty() {
            report.push(missing(wanted));
        }
        return Named { labels: classes.clone(), classes };
    }
    if count.is_some_and(|count| count != told.len()) {
        report.push(uneven(wanted, told, &classes));
    }
    if let (Labels::File(path), Some(top)) = (&wanted.labels, wanted.top)
        && top > told.len()
    {
        report.push(too_many(top, path, told.len()));
    }
    Named { classes, labels: told.to_vec() }
}

/// A list of labels is held against `top` where the manifest is read; a file is not there yet.
fn too_many(top: usize, path: &Located<String>, count: usize) -> Finding {
    let message = format!("`output.classify.top` is {top}, and `{}` has {count}", path.value);
    Finding::error("model/labels", message)
        .at(path.span.clone())
        .label(format!("{count} labels"))
        .hint(format!("write `top: {count}`, or leave it out to get all"))
}

fn missing(wanted: &project::Classify) -> Finding {
    placed(
        wanted.span.as_ref(),
        Finding::error("model/labels", "the model does not say how many classes it has")
            .hint("name them: `labels: [first, second]`"),
    )
}

fn uneven(wanted: &project::Classify, told: &[String], classes: &[String]) -> Finding {
    let place = wanted.labels_span.as_ref().or(wanted.span.as_ref());
    let names = match &wanted.labels {
        Labels::File(path) => &path.value,
        Labels::Own | Labels::Named(_) => "labels",
    };
    placed(
        place,
        Finding::error(
            "model/labels",
            format!("the model has {} classes, `{names}` names {}", classes.len(), told.len()),
        )
        .hint(format!("the model calls them, in this order: {}", several(classes))),
    )
}

/// The first names of many.
fn several(names: &[String]) -> String {
    const MOST: usize = 20;
    let more = if names.len() > MOST { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

fn placed(place: Option<&Span>, finding: Finding) -> Finding {
    match place {
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
