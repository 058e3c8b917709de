//! Whether the files that a manifest names are there: told at the lines that name them, before
//! anything is read. Reads none of them.

use mlship_core::finding::{Finding, Report};
use mlship_core::project::{Input, Project};
use mlship_core::reader::Located;
use mlship_manifest::Source;

use crate::failure::Failure;

/// Whether what the model is expected to answer must be written down already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It must.
    There,
    /// It is about to be, or is of no interest.
    Later,
}

/// Names every file of the project that is not there, all at once.
pub(crate) fn check(project: &Project, source: &Source, expected: Expected) -> Result<(), Failure> {
    let model = Some(("model.path", &project.model.path)).filter(|(_, path)| is_file(path));
    let requirements = project.python.as_ref().and_then(|python| python.requirements.as_ref());
    let samples = project.samples.iter().flat_map(|sample| {
        let wanted = sample.expect.as_ref().filter(|_| expected == Expected::There);
        let wanted = wanted.map(|path| (EXPECT, path));
        std::iter::once(("samples", &sample.request)).chain(wanted)
    });
    let labels = project.output.labels_file().map(|path| ("output.classify.labels", path));
    let tokenizer = match &project.input {
        Input::Text(text) => Some(("input.text.tokenizer", &text.tokenizer)),
        _ => None,
    };
    let named = model.into_iter().chain(requirements.map(|path| ("python.requirements", path)));
    let named = named.chain(labels).chain(tokenizer);
    let missing = named.chain(samples).filter(|(_, path)| !project.root.join(&path.value).exists());
    let findings: Vec<Finding> = missing.map(|(key, path)| finding(key, path)).collect();
    match findings.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::Found {
            kind: "file",
            code: 2,
            message: first.message.clone(),
            report: Report(findings),
            source: source.clone(),
        }),
    }
}

/// Not an address from which it is brought.
fn is_file(path: &Located<String>) -> bool {
    !path.value.contains("://")
}

/// The key of an answer, which the model itself can write down.
const EXPECT: &str = "samples[].expect";

fn finding(key: &str, path: &Located<String>) -> Finding {
    let message = format!("`{key}` names `{}`, and there is no such file", path.value);
    let finding = Finding::error("manifest/no-file", message);
    let finding = match key {
        EXPECT => finding.hint("write down what the model answers now: mlship package --record"),
        _ => finding,
    };
    let finding = finding.hint("paths are meant from the manifest's folder");
    match path.span.is_empty() {
        true => finding,
        false => finding.at(path.span.clone()).label("not there"),
    }
}
