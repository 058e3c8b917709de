//! A vector under the answer's field.

use mlship_bundle::{Bundle, Embed, Input, Pooling};

use super::{json, output};
use crate::bundle::LoadError;
use crate::engine::EngineError;
use crate::tensor::{Tensor, Values};

/// The shortest length that a vector is divided by, as sentence-transformers has it.
const SHORTEST: f64 = 1e-12;

/// How an embedding is made.
pub(crate) struct Embedder {
    embed: Embed,
    pub(super) output: usize,
    /// Which of the model's inputs tells tokens from padding.
    mask: Option<usize>,
}

impl Embedder {
    pub(super) fn new(embed: &Embed, bundle: &Bundle) -> Result<Self, LoadError> {
        let model = &bundle.model;
        let output = output(model, &embed.output)?;
        let rank = model.outputs[output].shape.len();
        let (mask, pads) = match &bundle.input {
            Input::Text(text) => (text.mask.as_ref(), text.padded_to.is_some()),
            _ => (None, false),
        };
        let mask = mask.and_then(|mask| model.inputs.iter().position(|port| port.name == *mask));
        if pads && mask.is_none() && rank == 3 && embed.pooling == Pooling::Mean {
            let cause = "texts are padded, and nothing tells the model's tokens from padding";
            return Err(LoadError::Contradiction(cause.into()));
        }
        Ok(Self { embed: embed.clone(), output, mask })
    }

    pub(super) fn write(
        &self,
        onto: &mut Vec<u8>,
        inputs: &[Tensor],
        outputs: &[Tensor],
        row: usize,
        rows: usize,
    ) -> Result<(), EngineError> {
        let Some(Tensor { shape, values: Values::F32(values) }) = outputs.get(self.output) else {
            return unfit();
        };
        let mut vector = match shape[..] {
            [texts, width] if texts == rows => part(values, row, width)?.to_vec(),
            [texts, tokens, width] if texts == rows && width > 0 => {
                let states = part(values, row, tokens.saturating_mul(width))?;
                self.pool(states, width, &self.seen(inputs, row, tokens)?)
            }
            _ => return unfit(),
        };
        if self.embed.unit_length {
            scale(&mut vector);
        }
        onto.push(b'{');
        json::key(onto, &self.embed.field);
        json::put(onto, &vector);
        onto.push(b'}');
        Ok(())
    }

    /// For each token whether it is one, and no padding.
    fn seen(&self, inputs: &[Tensor], row: usize, tokens: usize) -> Result<Vec<bool>, EngineError> {
        let Some(mask) = self.mask else { return Ok(vec![true; tokens]) };
        Ok(match inputs.get(mask).map(|mask| &mask.values) {
            Some(Values::I64(mask)) => {
                part(mask, row, tokens)?.iter().map(|one| *one != 0).collect()
            }
            Some(Values::I32(mask)) => {
                part(mask, row, tokens)?.iter().map(|one| *one != 0).collect()
            }
            _ => return unfit(),
        })
    }

    /// One vector of one a token.
    fn pool(&self, states: &[f32], width: usize, seen: &[bool]) -> Vec<f32> {
        let states = states.chunks_exact(width).zip(seen).filter(|(_, seen)| **seen);
        let mut states = states.map(|(state, _)| state);
        match self.embed.pooling {
            Pooling::First => states.next().map_or_else(|| vec![0.0; width], <[f32]>::to_vec),
            Pooling::Mean => {
                let mut sum = vec![0.0_f64; width];
                let mut count = 0;
                for state in states {
                    sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += f64::from(*value));
                    count += 1;
                }
                let count = f64::from(count.max(1));
                sum.into_iter().map(|sum| (sum / count) as f32).collect()
            }
        }
    }
}

/// Divides a vector by its length.
fn scale(vector: &mut [f32]) {
    let square: f64 = vector.iter().map(|value| f64::from(*value).powi(2)).sum();
    let length = square.sqrt().max(SHORTEST);
    vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
}

/// The elements of one example.
fn part<T>(values: &[T], row: usize, each: usize) -> Result<&[T], EngineError> {
    let start = row.saturating_mul(each);
    values.get(start..start.saturating_add(each)).map_or_else(unfit, Ok)
}

fn unfit<T>() -> Result<T, EngineError> {
    Err(EngineError("an output is no vector a text".into()))
}

#[cfg(test)]
mod tests;
