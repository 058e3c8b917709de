//! The wrapping of Vertex AI: `{"instances": […], "parameters": …}`, read in the same pass as what
//! is inside.
//!
//! Contract: <https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements>.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Form;
use super::list::{Parts, Top};
use super::number::Scalar;
use super::refuse::echo;
use crate::problem::Kind;

/// The field that holds the list.
const INSTANCES: &str = "instances";

/// What goes with it. No model that is served here takes any, so that it is read over.
const PARAMETERS: &str = "parameters";

/// The whole request.
pub(super) struct Wrapped<'r, P>(pub(super) &'r mut P);

impl<'de, P: Parts> DeserializeSeed<'de> for Wrapped<'_, P> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Parts> Visitor<'de> for Wrapped<'_, P> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `instances`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let parts = self.0;
        let mut is_read = false;
        while let Some(name) = map.next_key::<String>()? {
            match &*name {
                INSTANCES if !is_read => {
                    parts.progress().place.within = Some(INSTANCES);
                    map.next_value_seed(List(&mut *parts))?;
                    parts.progress().place.within = None;
                    is_read = true;
                }
                PARAMETERS => drop(map.next_value::<IgnoredAny>()?),
                _ => return Err(refuse_field(parts, &name)),
            }
        }
        if is_read {
            return Ok(Form::Predictions);
        }
        parts.progress().place.key = Some(INSTANCES.into());
        let detail = format!("field `{INSTANCES}` is missing; it is a list");
        Err(parts.progress().refuse(Kind::Missing, detail))
    }
}

/// Stops at a field that may not be there, or not again.
fn refuse_field<E: Error>(parts: &mut impl Parts, name: &str) -> E {
    parts.progress().place.key = Some(echo(name));
    let (kind, detail) = match name {
        INSTANCES => (Kind::Duplicate, "the list is given twice".into()),
        _ => {
            let name = echo(name);
            let detail = format!(
                "the request has no field `{name}`; it has `{INSTANCES}` and `{PARAMETERS}`"
            );
            (Kind::Unknown, detail)
        }
    };
    parts.progress().refuse(kind, detail)
}

/// The list of instances.
struct List<'r, P>(&'r mut P);

impl<P: Parts> List<'_, P> {
    fn scalar<E: Error>(self, _: Scalar<'_>) -> Result<(), E> {
        Err(self.0.progress().refuse(Kind::WrongType, "expected a list, found a single value"))
    }
}

impl<'de, P: Parts> DeserializeSeed<'de> for List<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Parts> Visitor<'de> for List<'_, P> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        Top(self.0).visit_seq(list).map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.0.progress().refuse(Kind::WrongType, "expected a list, found an object"))
    }
}
