//! Which outputs a request asks for, and as what.

use mlship_bundle::Port;

use super::wire::{Parameters, Wanted, Wire};
use super::{Carries, place};
use crate::problem::{Kind, Problem};

/// What a request wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the request calls itself.
    pub id: Option<String>,
    /// Places among the model's outputs, in the order of the answer.
    pub outputs: Vec<(usize, Coding)>,
}

/// How an output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As a list in the JSON.
    Json,
    /// As bytes behind it.
    Binary,
}

/// What `wire` asks of a model with these outputs. To a host that carries text alone all goes as
/// JSON, which every client reads as well.
pub(super) fn read(wire: &Wire<'_>, outputs: &[Port], carries: Carries) -> Result<Asked, Problem> {
    let coding = |of: Option<bool>| match (carries, of) {
        (Carries::Bytes, Some(true)) => Coding::Binary,
        _ => Coding::Json,
    };
    let otherwise = wire.parameters.as_ref().and_then(|all| all.binary_data_output);
    let wanted = wire.outputs.as_deref().unwrap_or_default();
    let mut asked = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let output = one(wanted, outputs, otherwise).and_then(|(place, binary)| {
            match asked.iter().any(|(other, _)| *other == place) {
                true => Err((Kind::Duplicate, "the output is asked for twice".into())),
                false => Ok((place, coding(binary))),
            }
        });
        let at = |(kind, detail)| Problem::at(kind, format!("/outputs/{index}"), detail);
        asked.push(output.map_err(at)?);
    }
    if wanted.is_empty() {
        asked = (0..outputs.len()).map(|place| (place, coding(otherwise))).collect();
    }
    Ok(Asked { id: wire.id.as_ref().map(|id| id.clone().into_owned()), outputs: asked })
}

/// The place of one output, and whether it is wanted as bytes.
fn one(
    wanted: &Wanted<'_>,
    outputs: &[Port],
    otherwise: Option<bool>,
) -> Result<(usize, Option<bool>), super::Fault> {
    let place = place(outputs, &wanted.name, "output")?;
    let Some(Parameters { binary_data, classification, shared_memory_region, .. }) =
        &wanted.parameters
    else {
        return Ok((place, otherwise));
    };
    let refused = [
        ("classification", "outputs are given whole", classification.is_some()),
        (
            "shared_memory_region",
            "outputs come in the answer itself",
            shared_memory_region.is_some(),
        ),
    ];
    match refused.iter().find(|(_, _, is_there)| *is_there) {
        Some((name, why, _)) => Err((Kind::Unknown, format!("`{name}` is not taken: {why}"))),
        None => Ok((place, binary_data.or(otherwise))),
    }
}
