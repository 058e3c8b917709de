//! One example without a name: where the model has one input, its lists may stand alone.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};

use super::Reading;
use super::shape::Nest;
use super::walk::{Nested, Object};
use crate::request::number::{Scalar, Target};
use crate::request::{Answers, Run};

/// The lists of the only input, or an object with them.
pub(super) struct Instance<'r, 't>(pub(super) &'r mut Reading<'t>);

impl Instance<'_, '_> {
    fn alone<E: Error>(self, read: impl FnOnce(Nested<'_>) -> Result<(), E>) -> Result<(), E> {
        let reading = self.0;
        let tensors = reading.tensors;
        let port = &tensors.ports[0];
        let mut nest = Nest::new(port.shape.len(), Target::plain(port.element, tensors.range));
        read(Nested { nest: &mut nest, progress: &mut reading.progress, depth: 0 })?;
        let (tensor, answers): (_, Answers) = reading.fit(port, nest.into())?;
        reading.examples.push(Run { inputs: vec![tensor], answers });
        Ok(())
    }

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        self.alone(|nested| nested.scalar(scalar))
    }
}

impl<'de> Visitor<'de> for Instance<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of the model's inputs, or its only input")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.alone(|nested| nested.visit_seq(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Object(self.0).visit_map(map)
    }
}
