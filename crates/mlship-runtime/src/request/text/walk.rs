//! The walk over a text, or an object with one.

use std::fmt;

use mlship_bundle::{ColumnKind, Element};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Reading;
use crate::problem::Kind;
use crate::request::list::{Parts, Text};
use crate::request::number::{Range, Scalar, Target};
use crate::request::refuse::{Progress, echo};

impl Parts for Reading<'_> {
    const NAMES: [&'static str; 2] = ["text", "texts"];
    const EXPECTED: &'static str = "text, an object with text, or a list of either";
    const TEXT: Text = Text::Taken;

    fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }

    fn whole(&self) -> usize {
        self.ends.len()
    }

    fn most(&self) -> usize {
        self.texts.rows
    }

    fn part<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Each(self))
    }
}

/// A text, or an object with one.
struct Each<'r, 't>(&'r mut Reading<'t>);

impl<'de> Visitor<'de> for Each<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, or an object with text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let field = &reading.texts.field;
        let before = reading.ends.len();
        while let Some(name) = map.next_key::<String>()? {
            reading.progress.place.key = Some(echo(&name));
            if name != *field {
                let detail = reading.texts.unknown(&name);
                return Err(reading.progress.refuse(Kind::Unknown, detail));
            }
            if reading.ends.len() > before {
                return Err(reading.progress.refuse(Kind::Duplicate, "the text is given twice"));
            }
            map.next_value_seed(Value(&mut *reading))?;
            reading.progress.place.key = None;
        }
        if reading.ends.len() > before {
            return Ok(());
        }
        reading.progress.place.key = Some(field.clone());
        let detail = format!("field `{field}` is missing; it is text");
        Err(reading.progress.refuse(Kind::Missing, detail))
    }
}

/// What stands under the field.
struct Value<'r, 't>(&'r mut Reading<'t>);

impl Value<'_, '_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        if let Scalar::Text(text) = scalar {
            return self.0.text(text);
        }
        let target = Target::plain(Element::String, Range::Full);
        debug_assert_eq!(target.kind, ColumnKind::String);
        match target.cell(scalar) {
            Ok(_) => Ok(()),
            Err((kind, detail)) => Err(self.0.progress.refuse(kind, detail)),
        }
    }

    fn nested<E: Error>(self, found: &str) -> E {
        self.0.progress.refuse(Kind::WrongType, format!("expected text, found {found}"))
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
        f.write_str("text")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("an object"))
    }
}
