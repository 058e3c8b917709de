//! Data as JSON: a flat list, or lists nested as the shape says.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::{Kind, Problem};
use crate::request::number::{Scalar, Target};
use crate::request::refuse::{Progress, parse};
use crate::tensor::Values;

/// The elements of a tensor of this shape.
pub(super) fn read(json: &RawValue, shape: &[usize], target: Target) -> Result<Values, Problem> {
    let values = Values::empty(target.element);
    let progress = Progress::default();
    let mut reading = Reading { shape, target, values, leaves: None, progress };
    reading.progress.place.key = Some("data".into());
    match parse(json.get(), Nested { reading: &mut reading, depth: 0 }) {
        Ok(()) => Ok(reading.values),
        Err(error) => Err(reading.progress.explain(&error, json.get().as_bytes())),
    }
}

/// Lists half read.
struct Reading<'s> {
    shape: &'s [usize],
    target: Target,
    values: Values,
    /// How deep the first scalar lay: all must.
    leaves: Option<usize>,
    progress: Progress,
}

impl Reading<'_> {
    /// How long the list at `depth` must be.
    fn expected(&self, depth: usize) -> usize {
        match self.leaves {
            Some(1) => self.shape.iter().product(),
            _ => self.shape.get(depth).copied().unwrap_or(1),
        }
    }

    fn is_leaf(&self, depth: usize) -> bool {
        match self.leaves {
            Some(leaves) => depth == leaves,
            None => depth == 1 || depth == self.shape.len(),
        }
    }

    fn irregular<E: Error>(&mut self) -> E {
        let detail = format!("expected a flat list, or lists nested as {:?}", self.shape);
        self.progress.refuse(Kind::Ragged, detail)
    }
}

/// A scalar, or a list of the next depth.
struct Nested<'r, 's> {
    reading: &'r mut Reading<'s>,
    depth: usize,
}

impl Nested<'_, '_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        let reading = self.reading;
        if !reading.is_leaf(self.depth) {
            return Err(reading.irregular());
        }
        reading.leaves = Some(self.depth);
        match reading.target.cell(scalar) {
            Ok(cell) => {
                cell.push(&mut reading.values);
                Ok(())
            }
            Err((Kind::NullValue, _)) => {
                let detail = format!(
                    "expected {}, found null; a number that JSON lacks is sent as binary data",
                    reading.target.noun()
                );
                Err(reading.progress.refuse(Kind::NullValue, detail))
            }
            Err((kind, detail)) => Err(reading.progress.refuse(kind, detail)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Nested<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Nested { reading, depth } = self;
        let deepest = reading.leaves.unwrap_or(reading.shape.len().max(1));
        if depth >= deepest {
            return Err(reading.irregular());
        }
        let mut length = 0;
        loop {
            reading.progress.place.indices.push(length);
            let next = Nested { reading: &mut *reading, depth: depth + 1 };
            let more = list.next_element_seed(next)?.is_some();
            reading.progress.place.indices.pop();
            if !more {
                break;
            }
            length += 1;
        }
        let expected = reading.expected(depth);
        if length == expected {
            return Ok(());
        }
        let shape = reading.shape;
        let detail = format!("the shape {shape:?} asks for {expected} here, found {length}");
        Err(reading.progress.refuse(Kind::WrongShape, detail))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.reading.irregular())
    }
}
