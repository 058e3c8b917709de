//! From what the model gives to the answer's JSON, written straight into its bytes.

mod classify;
mod embed;
pub(crate) mod infer;
mod json;
mod nested;
mod regress;

use mlship_bundle::{Bundle, Model, Output};

use crate::bundle::LoadError;
use crate::engine::EngineError;
use crate::request::{Answers, Form, only_a_handler};
use crate::tensor::Tensor;

/// Writes answers for one bundle.
pub(crate) enum Writer {
    Classify(classify::Classifier),
    Regress(regress::Regressor),
    Embed(embed::Embedder),
    Tensor(Vec<String>),
}

/// An answer half written.
pub(crate) struct Answer {
    bytes: Vec<u8>,
    media_type: &'static str,
    /// What stands between two parts.
    between: u8,
    /// What stands behind the last part.
    end: &'static str,
    parts: usize,
}

/// What most answers to one example fit in, in bytes.
const ROOM: usize = 256;

impl Answer {
    /// An answer with nothing in it.
    pub(crate) fn new(form: &Form) -> Self {
        let (begin, end) = match form {
            Form::Single | Form::Infer(_) => ("", ""),
            #[cfg(feature = "worker")]
            Form::Call(_) => ("", ""),
            Form::Lines(_) => ("", "\n"),
            Form::List => ("[", "]"),
            Form::Predictions => (r#"{"predictions":["#, "]}"),
        };
        let (media_type, between) = match form {
            Form::Lines(media_type) => (*media_type, b'\n'),
            _ => ("application/json", b','),
        };
        let mut bytes = Vec::with_capacity(ROOM);
        bytes.extend_from_slice(begin.as_bytes());
        Self { bytes, media_type, between, end, parts: 0 }
    }

    /// The media type of the whole.
    pub(crate) fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The JSON.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(self.end.as_bytes());
        self.bytes
    }

    /// Where the next part is written.
    fn part(&mut self) -> &mut Vec<u8> {
        if self.parts > 0 {
            self.bytes.push(self.between);
        }
        self.parts += 1;
        &mut self.bytes
    }
}

impl Writer {
    /// A writer of what the bundle's output asks for.
    pub(crate) fn new(bundle: &Bundle) -> Result<Self, LoadError> {
        let model = &bundle.model;
        Ok(match &bundle.output {
            Output::Classify(classify) => {
                Writer::Classify(classify::Classifier::new(classify, model)?)
            }
            Output::Regress(regress) => Writer::Regress(regress::Regressor::new(regress, model)?),
            Output::Embed(embed) => Writer::Embed(embed::Embedder::new(embed, bundle)?),
            Output::Tensor => {
                Writer::Tensor(model.outputs.iter().map(|port| port.name.clone()).collect())
            }
            Output::Any => return Err(only_a_handler("output")),
        })
    }

    /// Adds what one run of the model on `inputs` answers.
    ///
    /// # Errors
    /// When an output is not what the bundle says.
    pub(crate) fn write(
        &self,
        answer: &mut Answer,
        inputs: &[Tensor],
        outputs: &[Tensor],
        answers: Answers,
    ) -> Result<(), EngineError> {
        match (answers, self) {
            (Answers::Examples(count), writer) => (0..count)
                .try_for_each(|row| writer.row(answer.part(), (inputs, outputs), row, count)),
            (Answers::Whole, Writer::Tensor(names)) => {
                nested::write(answer.part(), names, outputs, nested::Part::Whole)
            }
            (Answers::Whole, writer) => {
                let rows = writer.rows(outputs);
                let part = answer.part();
                part.push(b'[');
                for row in 0..rows {
                    if row > 0 {
                        part.push(b',');
                    }
                    writer.row(part, (inputs, outputs), row, rows)?;
                }
                part.push(b']');
                Ok(())
            }
        }
    }

    fn row(
        &self,
        onto: &mut Vec<u8>,
        (inputs, outputs): (&[Tensor], &[Tensor]),
        row: usize,
        rows: usize,
    ) -> Result<(), EngineError> {
        match self {
            Writer::Classify(classifier) => classifier.write(onto, outputs, row, rows),
            Writer::Regress(regressor) => regressor.write(onto, outputs, row, rows),
            Writer::Embed(embedder) => embedder.write(onto, inputs, outputs, row, rows),
            Writer::Tensor(names) => {
                nested::write(onto, names, outputs, nested::Part::Example { row, rows })
            }
        }
    }

    /// How many examples a whole output holds.
    fn rows(&self, outputs: &[Tensor]) -> usize {
        let output = match self {
            Writer::Classify(classifier) => classifier.main_output(),
            Writer::Regress(regressor) => regressor.output,
            Writer::Embed(embedder) => embedder.output,
            Writer::Tensor(_) => 0,
        };
        outputs.get(output).and_then(|tensor| tensor.shape.first()).copied().unwrap_or(1)
    }
}

/// The elements of one example: as a range of the tensor's values.
fn example(
    tensor: &Tensor,
    row: usize,
    rows: usize,
) -> Result<std::ops::Range<usize>, EngineError> {
    let length = tensor.values.len();
    if rows == 0 || !length.is_multiple_of(rows) {
        return Err(EngineError(format!("an output has {length} elements for {rows} examples")));
    }
    let each = length / rows;
    Ok(row * each..(row + 1) * each)
}

/// The place of an output among the model's.
fn output(model: &Model, name: &str) -> Result<usize, LoadError> {
    let place = model.outputs.iter().position(|port| port.name == name);
    place.ok_or_else(|| LoadError::Contradiction(format!("the model has no output `{name}`")))
}
