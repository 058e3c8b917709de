//! The model's own tensors, by name, as nested lists.

use mlship_bundle::{Bundle, Element, Port};
use serde::de::Error;

use super::format::{Format, lines, unsupported};
use super::list;
use super::number::Range;
use super::refuse::{Progress, echo};
use super::{Answers, Form, Request, Run, Said};
use crate::nearest::nearest;
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};

mod instance;
mod npy;
mod shape;
mod walk;
use shape::Given;

/// What tensors the model takes.
pub(crate) struct Tensors {
    ports: Vec<Port>,
    range: Range,
    rows: usize,
    stacks: bool,
}

impl Tensors {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let model = &bundle.model;
        let any_length = |port: &Port| port.shape.first() == Some(&None);
        Self {
            ports: model.inputs.clone(),
            range: Range::of(model.engine),
            rows: bundle.bounds.rows,
            stacks: model.inputs.iter().chain(&model.outputs).all(any_length),
        }
    }

    pub(super) fn lets_the_request_choose(&self) -> bool {
        let whole = |port: &Port| matches!(port.element, Element::I32 | Element::I64);
        let open = |port: &Port| port.shape.iter().any(Option::is_none);
        self.ports.iter().any(|port| whole(port) || open(port))
    }

    /// Reads an object of tensors, or a list of them.
    pub(super) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        const TAKEN: &str = "JSON, JSON lines and NumPy's `.npy`";
        let mut reading =
            Reading { tensors: self, examples: Vec::new(), progress: Progress::default() };
        let form = match Format::of(said, TAKEN)? {
            Format::Json | Format::Plain => list::read(body, said.wrap, &mut reading)?,
            Format::Lines(media_type) => lines::read(body, media_type, &mut reading)?,
            Format::Npy => {
                return Ok(Request { runs: vec![npy::read(body, self)?], form: Form::Single });
            }
            Format::Csv(_) | Format::Arrow(_) => return Err(unsupported(said, TAKEN)),
        };
        Ok(Request { runs: self.stack(reading.examples), form })
    }

    /// Puts examples of one shape into one run where the model takes any number at once.
    fn stack(&self, runs: Vec<Run>) -> Vec<Run> {
        let shapes =
            |run: &Run| run.inputs.iter().map(|input| input.shape.clone()).collect::<Vec<_>>();
        let alike = runs.windows(2).all(|pair| shapes(&pair[0]) == shapes(&pair[1]));
        let examples = runs.iter().all(|run| run.answers == Answers::Examples(1));
        if !(self.stacks && alike && examples && runs.len() > 1) {
            return runs;
        }
        let count = runs.len();
        let mut runs = runs.into_iter();
        let Some(mut first) = runs.next() else { return Vec::new() };
        for run in runs {
            for (onto, tensor) in first.inputs.iter_mut().zip(run.inputs) {
                onto.append(tensor);
            }
        }
        vec![Run { inputs: first.inputs, answers: Answers::Examples(count) }]
    }
}

/// A request half read.
struct Reading<'t> {
    tensors: &'t Tensors,
    examples: Vec<Run>,
    progress: Progress,
}

impl Reading<'_> {
    fn input<E: Error>(&mut self, name: &str) -> Result<usize, E> {
        if let Some(index) = self.tensors.ports.iter().position(|port| port.name == name) {
            return Ok(index);
        }
        let names = self.tensors.ports.iter().map(|port| port.name.as_str());
        let detail = match nearest(name, names.clone()) {
            Some(nearest) => {
                format!("the model has no input `{}`; the nearest is `{nearest}`", echo(name))
            }
            None => {
                let names: Vec<_> = names.collect();
                format!("the model has no input `{}`; it has `{}`", echo(name), names.join("`, `"))
            }
        };
        Err(self.progress.refuse(Kind::Unknown, detail))
    }

    /// The tensor that the port takes.
    fn fit<E: Error>(&mut self, port: &Port, given: Given) -> Result<(Tensor, Answers), E> {
        shape::fit(port, given, self.tensors.rows)
            .map_err(|(kind, detail)| self.progress.refuse(kind, detail))
    }

    /// One object's tensors, each fitted to its port.
    fn finish<E: Error>(&mut self, given: Vec<Option<Given>>) -> Result<(), E> {
        let mut inputs = Vec::with_capacity(given.len());
        let mut answers = None;
        for (port, given) in self.tensors.ports.iter().zip(given) {
            self.progress.place.key = Some(port.name.clone());
            let Some(given) = given else {
                let detail = format!("input `{}` is missing", port.name);
                return Err(self.progress.refuse(Kind::Missing, detail));
            };
            let (tensor, of) = self.fit(port, given)?;
            if *answers.get_or_insert(of) != of {
                let detail =
                    "this input is one example where another is a whole batch, or the reverse";
                return Err(self.progress.refuse(Kind::WrongShape, detail));
            }
            inputs.push(tensor);
        }
        self.progress.place.key = None;
        self.examples.push(Run { inputs, answers: answers.unwrap_or(Answers::Whole) });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
