//! The model's own tensors, by name, as nested lists.

use std::fmt;

use mlship_bundle::{Bundle, Element, Port};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::number::{Range, Scalar, Target};
use super::refuse::{Progress, echo, parse};
use super::{Answers, Form, Request, Run};
use crate::nearest::nearest;
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};

mod shape;
use shape::{Given, Nest};

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
    pub(super) fn read(&self, body: &[u8]) -> Result<Request, Problem> {
        let mut reading =
            Reading { tensors: self, examples: Vec::new(), progress: Progress::default() };
        match parse(body, Top(&mut reading)) {
            Ok(form) => Ok(Request { runs: self.stack(reading.examples), form }),
            Err(error) => Err(reading.progress.explain(&error, body)),
        }
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
            let fitted = shape::fit(port, given, self.tensors.rows);
            let (tensor, of) = match fitted {
                Ok(fitted) => fitted,
                Err((kind, detail)) => return Err(self.progress.refuse(kind, detail)),
            };
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

/// An object of tensors, or a list of them.
struct Top<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of the model's inputs, or a list of such objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        Object(self.0).visit_map(map)?;
        Ok(Form::Single)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form, A::Error> {
        let reading = self.0;
        let bound = reading.tensors.rows;
        loop {
            reading.progress.place.element = Some(reading.examples.len());
            if reading.examples.len() == bound {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                let detail = format!("at most {bound} examples are taken at once");
                return Err(reading.progress.refuse(Kind::TooManyRows, detail));
            }
            if list.next_element_seed(Object(&mut *reading))?.is_none() {
                break;
            }
        }
        reading.progress.place.element = None;
        match reading.examples.len() {
            0 => Err(reading.progress.refuse(Kind::EmptyList, "expected at least one example")),
            _ => Ok(Form::List),
        }
    }
}

/// One object of tensors.
struct Object<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of the model's inputs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let tensors = reading.tensors;
        let mut given: Vec<Option<Given>> = tensors.ports.iter().map(|_| None).collect();
        while let Some(name) = map.next_key::<String>()? {
            reading.progress.place.key = Some(echo(&name));
            let index = reading.input(&name)?;
            if given[index].is_some() {
                return Err(reading.progress.refuse(Kind::Duplicate, "the input is given twice"));
            }
            let port = &tensors.ports[index];
            let mut nest = Nest::new(port.shape.len(), Target::plain(port.element, tensors.range));
            let progress = &mut reading.progress;
            map.next_value_seed(Nested { nest: &mut nest, progress, depth: 0 })?;
            given[index] = Some(nest.into());
            reading.progress.place.key = None;
        }
        reading.finish(given)
    }
}

/// A scalar, or a list of the next depth.
struct Nested<'r> {
    nest: &'r mut Nest,
    progress: &'r mut Progress,
    depth: usize,
}

impl Nested<'_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        let leaf = self.nest.leaf(self.depth, scalar);
        leaf.map_err(|(kind, detail)| self.progress.refuse(kind, detail))
    }
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Nested { nest, progress, depth } = self;
        if let Err((kind, detail)) = nest.enter(depth) {
            return Err(progress.refuse(kind, detail));
        }
        let mut length = 0;
        loop {
            progress.place.indices.push(length);
            let next = Nested { nest: &mut *nest, progress: &mut *progress, depth: depth + 1 };
            let more = list.next_element_seed(next)?.is_some();
            progress.place.indices.pop();
            if !more {
                break;
            }
            length += 1;
        }
        nest.leave(depth, length).map_err(|(kind, detail)| progress.refuse(kind, detail))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        let detail = format!("expected {} or a list, found an object", self.nest.noun());
        Err(self.progress.refuse(Kind::WrongType, detail))
    }
}

#[cfg(test)]
mod tests;
