//! A number, or several, under the answer's field.

use mlship_bundle::{Model, Regress};

use super::{example, json, output};
use crate::bundle::LoadError;
use crate::engine::EngineError;
use crate::tensor::Tensor;

/// How a regressor's answer is made.
pub(crate) struct Regressor {
    field: String,
    pub(super) output: usize,
}

impl Regressor {
    pub(super) fn new(regress: &Regress, model: &Model) -> Result<Self, LoadError> {
        Ok(Self { field: regress.field.clone(), output: output(model, &regress.output)? })
    }

    pub(super) fn write(
        &self,
        onto: &mut Vec<u8>,
        outputs: &[Tensor],
        row: usize,
        rows: usize,
    ) -> Result<(), EngineError> {
        let tensor =
            outputs.get(self.output).ok_or_else(|| EngineError("an output is missing".into()))?;
        let range = example(tensor, row, rows)?;
        onto.push(b'{');
        json::key(onto, &self.field);
        if range.len() == 1 {
            json::element(onto, &tensor.values, range.start);
        } else {
            onto.push(b'[');
            for index in range.clone() {
                if index > range.start {
                    onto.push(b',');
                }
                json::element(onto, &tensor.values, index);
            }
            onto.push(b']');
        }
        onto.push(b'}');
        Ok(())
    }
}
