//! The walk over a request that is one thing or a list of them: rows, texts or examples. Bounds
//! the list, and knows nothing of what is in it.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::instances::Wrapped;
use super::refuse::{Progress, parse, text};
use super::{Form, Wrap};
use crate::problem::{Kind, Problem};

/// A request half read, whose parts are read one after the other.
pub(super) trait Parts {
    /// What one part is called, and several.
    const NAMES: [&'static str; 2];

    /// What a request may be, for a message.
    const EXPECTED: &'static str;

    /// Whether text may stand for a part.
    const TEXT: Text;

    /// Where the reader is.
    fn progress(&mut self) -> &mut Progress;

    /// How many parts are whole.
    fn whole(&self) -> usize;

    /// How many are taken at most.
    fn most(&self) -> usize;

    /// Reads the next part.
    fn part<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// Whether text may stand for a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    /// As well as an object.
    #[cfg_attr(not(feature = "networks"), expect(dead_code, reason = "only networks take text"))]
    Taken,
    /// Only an object.
    Refused,
}

/// Reads the whole of `body`.
pub(super) fn read<P: Parts>(body: &[u8], wrap: Wrap, parts: &mut P) -> Result<Form, Problem> {
    let text = text(body)?;
    let form = match wrap {
        Wrap::Plain | Wrap::Infer(_) => parse(text, Top(&mut *parts)),
        Wrap::Instances => parse(text, Wrapped(&mut *parts)),
    };
    form.map_err(|error| std::mem::take(parts.progress()).explain(&error, body))
}

/// One thing, or a list of them.
pub(super) struct Top<'r, P>(pub(super) &'r mut P);

impl<'de, P: Parts> DeserializeSeed<'de> for Top<'_, P> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Parts> Visitor<'de> for Top<'_, P> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(P::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Form, E> {
        if P::TEXT == Text::Refused {
            return Err(E::invalid_type(Unexpected::Str(text), &self));
        }
        self.0.part(StrDeserializer::new(text))?;
        Ok(Form::Single)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        self.0.part(MapAccessDeserializer::new(map))?;
        Ok(Form::Single)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form, A::Error> {
        let parts = self.0;
        let [one, many] = P::NAMES;
        let most = parts.most();
        loop {
            let whole = parts.whole();
            parts.progress().place.element = Some(whole);
            if whole == most {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                let detail = format!("at most {most} {many} are taken at once");
                return Err(parts.progress().refuse(Kind::TooManyRows, detail));
            }
            if list.next_element_seed(Next(&mut *parts))?.is_none() {
                break;
            }
        }
        parts.progress().place.element = None;
        if parts.whole() > 0 {
            return Ok(Form::List);
        }
        let detail = format!("expected at least one {one}");
        Err(parts.progress().refuse(Kind::EmptyList, detail))
    }
}

/// The next part of a list.
pub(super) struct Next<'r, P>(pub(super) &'r mut P);

impl<'de, P: Parts> DeserializeSeed<'de> for Next<'_, P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.part(deserializer)
    }
}
