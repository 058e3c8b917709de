//! The walk over a picture in JSON: text, or an object with it or with its address.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Reading, encoded};
use crate::problem::Kind;
use crate::request::list::{Parts, Text};
use crate::request::number::Scalar;
use crate::request::refuse::{Progress, echo};

/// The key for an address.
const URL: &str = "url";

/// The key that others' clients put base64 under.
const B64: &str = "b64";

impl Parts for Reading<'_> {
    const NAMES: [&'static str; 2] = ["picture", "pictures"];
    const EXPECTED: &'static str = "base64, an object with a picture, or a list of either";
    const TEXT: Text = Text::Taken;

    fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    fn whole(&self) -> usize {
        self.whole
    }

    fn most(&self) -> usize {
        self.pictures.most
    }

    fn part<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Value { reading: self, depth: Depth::Top })
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// As the picture itself.
    Top,
    /// Under the picture's field.
    Field,
    /// Under [`B64`].
    Base64,
    /// Under [`URL`].
    Address,
}

/// A picture.
struct Value<'r, 'p> {
    reading: &'r mut Reading<'p>,
    depth: Depth,
}

impl Reading<'_> {
    fn text<E: Error>(&mut self, text: &str) -> Result<(), E> {
        let added = match encoded::bytes(text) {
            Ok(bytes) => self.add(&bytes),
            Err(detail) => Err((Kind::WrongType, detail)),
        };
        added.map_err(|(kind, detail)| self.progress.refuse(kind, detail))
    }

    fn address<E: Error>(&mut self, url: &str) -> Result<(), E> {
        let added =
            self.pictures.remote.bring(url, &mut self.budget).and_then(|bytes| self.add(&bytes));
        added.map_err(|(kind, detail)| self.progress.refuse(kind, detail))
    }
}

impl Value<'_, '_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        match (scalar, self.depth) {
            (Scalar::Text(url), Depth::Address) => self.reading.address(url),
            (Scalar::Text(text), _) => self.reading.text(text),
            (Scalar::Null, _) => Err(self.refuse(Kind::NullValue, "the picture is null")),
            _ => Err(self.refuse(Kind::WrongType, "expected a picture as base64 text")),
        }
    }

    fn refuse<E: Error>(self, kind: Kind, detail: &str) -> E {
        self.reading.progress.refuse(kind, detail)
    }

    /// What a key of an object here is for.
    fn inner(&self, name: &str) -> Option<Depth> {
        match self.depth {
            Depth::Top if name == self.reading.pictures.plan.field => Some(Depth::Field),
            Depth::Top | Depth::Field if name == URL => Some(Depth::Address),
            Depth::Field if name == B64 => Some(Depth::Base64),
            _ => None,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64, or an object with a picture")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.refuse(Kind::WrongType, "expected a picture, found a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let field = self.reading.pictures.plan.field.clone();
        if matches!(self.depth, Depth::Base64 | Depth::Address) {
            return Err(self.refuse(Kind::WrongType, "expected text, found an object"));
        }
        let before = self.reading.whole;
        while let Some(name) = map.next_key::<String>()? {
            if self.depth == Depth::Top {
                self.reading.progress.place.key = Some(echo(&name));
            }
            let Some(depth) = self.inner(&name) else {
                let name = echo(&name);
                let detail = format!(
                    "the request has no field `{name}`; its picture is `{field}`, or at a `{URL}`"
                );
                return Err(self.refuse(Kind::Unknown, &detail));
            };
            if self.reading.whole > before {
                return Err(self.refuse(Kind::Duplicate, "the picture is given twice"));
            }
            map.next_value_seed(Value { reading: &mut *self.reading, depth })?;
        }
        let is_whole = self.reading.whole > before;
        if self.depth == Depth::Top {
            self.reading.progress.place.key = (!is_whole).then(|| field.clone());
        }
        match is_whole {
            true => Ok(()),
            false => {
                let detail = format!("field `{field}` is missing; it is a picture as base64");
                Err(self.refuse(Kind::Missing, &detail))
            }
        }
    }
}
