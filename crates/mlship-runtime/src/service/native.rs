//! A model that an engine of the runtime's own runs: a request's bytes to tensors, and tensors to
//! the answer.

mod together;

use std::path::Path;

use mlship_bundle::{Bundle, EngineKind};

use super::Prediction;
use crate::answer::{Answer, Writer, infer};
use crate::bundle::LoadError;
use crate::engine::{Engine, EngineError};
use crate::load;
use crate::notice::{Notice, Tell};
use crate::problem::{Kind, Problem};
use crate::request::{Answers, Asked, Form, Infer, Reader, Request, Run, Said, Wrap};
use crate::setup::{Files, Setup};
use crate::tensor::Tensor;

/// The most bytes of a classical program that a request may go through, all examples together, to
/// be answered where it stands: some milliseconds of work. More goes to another thread, so that
/// the host goes on answering.
const QUICK_BYTES: u64 = 64 << 20;

/// The most bytes of a classical program that one example goes through in microseconds.
const LIGHT_BYTES: u64 = 1 << 20;

/// The most letters of an engine's error that are told.
const CAUSE_LETTERS: usize = 500;

/// Answers predictions by one engine.
pub(super) struct Native {
    engine: Box<dyn Engine>,
    kind: EngineKind,
    /// Whether one run may answer several requests.
    takes_any_batch: bool,
    /// Bytes of the model's file.
    model_bytes: u64,
    reader: Reader,
    writer: Writer,
    /// What the Open Inference Protocol says of the model.
    pub(super) infer: Infer,
    /// Hears why a request failed.
    tell: Tell,
    /// Kept as long as the engine may read them.
    _files: Files,
}

impl Native {
    /// Loads the model of `bundle`, which was read from `folder`. `tell` hears how it goes.
    ///
    /// # Errors
    /// When the bundle contradicts itself or its model cannot be loaded.
    pub(super) fn load(
        folder: &Path,
        bundle: &Bundle,
        setup: &Setup,
        tell: Tell,
    ) -> Result<Self, LoadError> {
        let reader = Reader::new(folder, bundle)?;
        let writer = Writer::new(bundle)?;
        let infer = Infer::new(bundle);
        let files = load::locate(folder, &bundle.model, &setup.origin, tell)?;
        let engine = load::engine(&files, &bundle.model, setup, tell)?;
        let model_bytes = files.model.metadata().map_or(0, |file| file.len());
        let kind = bundle.model.engine;
        let takes_any_batch = together::takes_any_batch(bundle);
        Ok(Self {
            engine,
            kind,
            takes_any_batch,
            model_bytes,
            reader,
            writer,
            infer,
            tell,
            _files: files,
        })
    }

    /// Reads a request of which this is said.
    ///
    /// # Errors
    /// When it is not one that the model takes.
    pub(super) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        match said.wrap {
            Wrap::Infer(head) => self.infer.read(body, head, &self.reader),
            Wrap::Plain | Wrap::Instances => self.reader.read(body, said),
        }
    }

    /// True when reading takes so long that it is done beside the host's own loop: pictures are
    /// decoded, or fetched.
    pub(super) fn reads_long(&self) -> bool {
        self.reader.reads_long()
    }

    /// Runs a request that was read.
    ///
    /// # Errors
    /// When the model fails.
    pub(super) fn run(&self, request: &Request) -> Result<Prediction, Problem> {
        if let Form::Infer(asked) = &request.form {
            return self.run_infer(request, asked);
        }
        let mut answer = Answer::new(&request.form);
        for run in &request.runs {
            self.run_one(&mut answer, run).map_err(|error| self.problem(&error))?;
        }
        let media_type = answer.media_type().into();
        Ok(Prediction { media_type, bytes: answer.finish(), json_bytes: None })
    }

    /// True when one example takes microseconds: a thread answers more of them than come in over a
    /// few connections.
    pub(super) fn is_light(&self) -> bool {
        self.kind == EngineKind::Classical && self.model_bytes <= LIGHT_BYTES
    }

    /// True when a request is answered faster than another thread is asked to.
    pub(super) fn is_quick(&self, request: &Request) -> bool {
        let work = self.model_bytes.saturating_mul(request.rows() as u64);
        self.kind == EngineKind::Classical && work <= QUICK_BYTES
    }

    /// The outputs that are asked for, of all runs together.
    fn run_infer(&self, request: &Request, asked: &Asked) -> Result<Prediction, Problem> {
        let mut joined = Vec::new();
        for run in &request.runs {
            let outputs = self.outputs(&run.inputs).map_err(|error| self.problem(&error))?;
            match run.answers {
                Answers::Examples(count) if count > 1 && !are_batches(&outputs, count) => {
                    for row in 0..count {
                        let outputs = self.outputs(&row_of(run, row));
                        let outputs = outputs.map_err(|error| self.problem(&error))?;
                        infer::join(&mut joined, asked, outputs)?;
                    }
                }
                _ => infer::join(&mut joined, asked, outputs)?,
            }
        }
        infer::write(&self.infer.name, &self.infer.outputs, asked, &joined)
    }

    fn run_one(&self, answer: &mut Answer, run: &Run) -> Result<(), EngineError> {
        let outputs = self.outputs(&run.inputs)?;
        match run.answers {
            Answers::Examples(count) if count > 1 && !are_batches(&outputs, count) => {
                // A model that does not answer a batch by its first dimension is asked one by one.
                for row in 0..count {
                    let inputs = row_of(run, row);
                    let outputs = self.outputs(&inputs)?;
                    self.writer.write(answer, &inputs, &outputs, Answers::Examples(1))?;
                }
                Ok(())
            }
            answers => self.writer.write(answer, &run.inputs, &outputs, answers),
        }
    }

    /// Runs the engine. Ours does not panic; one of another's making may, and then the request
    /// fails and not the process.
    fn outputs(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError> {
        let run = std::panic::AssertUnwindSafe(|| self.engine.run(inputs));
        std::panic::catch_unwind(run)
            .unwrap_or_else(|_| Err(EngineError("the engine panicked".into())))
    }

    /// An engine's error without what it says of the inside of the model, which the operator alone
    /// is told.
    fn problem(&self, error: &EngineError) -> Problem {
        match self.reader.lets_the_request_choose() {
            true => Problem::new(
                Kind::Unfit,
                "the lengths or the values of the inputs do not fit the model or each other",
            ),
            false => {
                let cause = error.0.chars().take(CAUSE_LETTERS).collect();
                (self.tell)(&Notice::ModelFailed { cause });
                Problem::new(Kind::Failed, "the model failed on this input")
            }
        }
    }
}

/// The inputs of one example of a run.
fn row_of(run: &Run, row: usize) -> Vec<Tensor> {
    run.inputs.iter().map(|input| input.rows(row, 1)).collect()
}

fn are_batches(outputs: &[Tensor], count: usize) -> bool {
    outputs.iter().all(|output| output.shape.first() == Some(&count))
}
