//! The manifest's input and output, bound to the model's own inputs and outputs.

mod answer;
mod embed;
mod picture;
mod table;
mod text;

use mlship_bundle::{Element, Input, Output, Port};
use mlship_core::finding::Report;
use mlship_core::project::{self, Project};
use mlship_inspect::Signature;
use mlship_inspect::onnx::Graph;

use crate::tokenizer::Tokenizer;

/// What a manifest is bound to.
pub(crate) struct Ground<'m> {
    /// What the model takes.
    pub(crate) inputs: &'m [Port],
    /// What it gives.
    pub(crate) outputs: &'m [Port],
    /// What it tells of itself.
    pub(crate) signature: &'m Signature,
    /// Its operators and constants.
    pub(crate) graph: &'m Graph,
    /// The manifest's tokenizer, when it has one that can be read.
    pub(crate) tokenizer: Option<&'m Tokenizer>,
    /// What the manifest calls the classes, when it does.
    pub(crate) labels: &'m [String],
}

/// Binds the manifest's input and output to the model, and reports everything that does not fit:
/// what it gives back is of use only when that is nothing.
pub(crate) fn bind(project: &Project, ground: &Ground<'_>, report: &mut Report) -> (Input, Output) {
    let Ground { inputs, outputs, signature, .. } = *ground;
    let input = match &project.input {
        project::Input::Table(wanted) => table::table(&wanted.columns, inputs, report),
        project::Input::Text(wanted) => text::text(wanted, ground, report),
        project::Input::Image(wanted) => picture::picture(wanted, inputs, report),
        project::Input::Tensor => Input::Tensor,
    };
    let output = match &project.output {
        project::Output::Classify(wanted) => answer::classify(wanted, ground, report),
        project::Output::Regress { field } => answer::regress(field, outputs, signature, report),
        project::Output::Embed(wanted) => embed::embed(wanted, &project.input, outputs, report),
        project::Output::Tensor => Output::Tensor,
    };
    (input, output)
}

fn is_float(port: &Port) -> bool {
    matches!(port.element, Element::F32 | Element::F64)
}

/// The names of ports, for a message.
fn listed<'p>(ports: impl IntoIterator<Item = &'p Port>) -> String {
    let names: Vec<String> = ports.into_iter().map(|port| format!("`{}`", port.name)).collect();
    names.join(", ")
}

/// The name of the one output of floats.
fn only_float(outputs: &[Port]) -> Option<String> {
    let mut floats = outputs.iter().filter(|port| is_float(port)).map(|port| port.name.clone());
    floats.next().filter(|_| floats.next().is_none())
}

/// How many columns a `[rows, columns]` tensor has, when it is said.
fn width(port: &Port) -> Option<usize> {
    match port.shape.as_slice() {
        [_, width] => *width,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
