//! The walk over an object of tensors.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Reading;
use super::instance::Instance;
use super::shape::{Given, Nest};
use crate::problem::Kind;
use crate::request::list::{Parts, Text};
use crate::request::number::{Scalar, Target};
use crate::request::refuse::{Progress, echo};

impl Parts for Reading<'_> {
    const NAMES: [&'static str; 2] = ["example", "examples"];
    const EXPECTED: &'static str = "an object of the model's inputs, or a list of such objects";
    const TEXT: Text = Text::Refused;

    fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    fn whole(&self) -> usize {
        self.examples.len()
    }

    fn most(&self) -> usize {
        self.tensors.rows
    }

    fn part<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        match self.progress.place.within {
            Some(_) if self.tensors.ports.len() == 1 => {
                deserializer.deserialize_any(Instance(self))
            }
            _ => deserializer.deserialize_any(Object(self)),
        }
    }
}

/// One object of tensors.
pub(super) struct Object<'r, 't>(pub(super) &'r mut Reading<'t>);

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
pub(super) struct Nested<'r> {
    pub(super) nest: &'r mut Nest,
    pub(super) progress: &'r mut Progress,
    pub(super) depth: usize,
}

impl Nested<'_> {
    pub(super) fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
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
