//! A vector a text, bound to the model's outputs.

use mlship_bundle::{Embed, Output, Pooling, Port};
use mlship_core::finding::{Finding, Report};
use mlship_core::project::{self, Length};

use super::{is_float, listed};

/// Outputs that hold vectors, by the names that exporters give them: pooled ones first.
const NAMES: [&str; 6] = [
    "sentence_embedding",
    "text_embeds",
    "embedding",
    "embeddings",
    "last_hidden_state",
    "token_embeddings",
];

/// Binds the output that holds the vectors.
pub(super) fn embed(
    wanted: &project::Embed,
    input: &project::Input,
    outputs: &[Port],
    report: &mut Report,
) -> Output {
    let place = |finding: Finding| match &wanted.span {
        Some(span) => finding.at(span.clone()),
        None => finding,
    };
    if !matches!(input, project::Input::Text(_)) {
        report.push(place(
            Finding::error("model/embed", "vectors are made of text, and the input is none")
                .label("needs `input.text`")
                .hint("write `output: {tensor: {}}` to get the model's own tensors"),
        ));
    }
    let chosen = choose(outputs);
    match chosen {
        None => report.push(place(
            Finding::error("model/embed", "the model gives no vectors, or several")
                .hint(format!("its outputs: {}", listed(outputs)))
                .hint("export it with one output of floats, such as `last_hidden_state`"),
        )),
        Some(port) if !matches!(port.shape.len(), 2 | 3) => report.push(place(
            Finding::error(
                "model/embed",
                format!("`{}` has {} dimensions", port.name, port.shape.len()),
            )
            .hint("vectors are `[texts, width]`, or `[texts, tokens, width]`"),
        )),
        Some(_) => {}
    }
    Output::Embed(Embed {
        field: wanted.field.clone(),
        output: chosen.map(|port| port.name.clone()).unwrap_or_default(),
        pooling: match wanted.pooling {
            project::Pooling::Mean => Pooling::Mean,
            project::Pooling::First => Pooling::First,
        },
        unit_length: wanted.length == Length::Unit,
    })
}

/// The output of a known name, else the only one of floats, else the only one with a vector a
/// token.
fn choose(outputs: &[Port]) -> Option<&Port> {
    let floats = || outputs.iter().filter(|port| is_float(port));
    let named = NAMES.iter().find_map(|name| floats().find(|port| port.name == *name));
    named.or_else(|| only(floats())).or_else(|| only(floats().filter(|port| port.shape.len() == 3)))
}

fn only<'p>(mut ports: impl Iterator<Item = &'p Port>) -> Option<&'p Port> {
    ports.next().filter(|_| ports.next().is_none())
}
