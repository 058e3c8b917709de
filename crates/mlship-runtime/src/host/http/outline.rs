//! What a wrapped request says, read in one pass: the few texts that are wanted are kept, the rest
//! is passed over, so that memory is bounded by the request and not by a tree made of it.

use std::fmt;

use crate::host::key::API_KEY;
use crate::host::v2::JSON_BYTES;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A part that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The whole.
    Top,
    /// Of the whole.
    Data,
    /// Of the whole.
    Metadata,
    /// Of [`Part::Data`], by the name `req`.
    Request,
    /// Of the request.
    Url,
    /// Of the request.
    Method,
    /// Of the request.
    Body,
    /// Of the request.
    Headers,
    /// A header.
    Authorization,
    /// The header `x-api-key`.
    ApiKey,
    /// A header.
    ContentType,
    /// A header.
    ContentEncoding,
    /// The header [`JSON_BYTES`].
    JsonBytes,
}

/// What a part is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Found {
    /// Not there, or null.
    #[default]
    Nothing,
    /// The text that is wanted.
    Text(String),
    /// The object that is wanted, whose parts are found on their own.
    Object,
    /// Something that is not wanted, or more than one of it.
    Wrong,
}

/// What a wrapped request says.
#[derive(Debug, Default)]
pub(super) struct Outline {
    found: [Found; Part::JsonBytes as usize + 1],
    /// Something else stands beside `Data` and `Metadata`.
    has_others: bool,
}

impl Outline {
    /// What is in `bytes`; `None` when they are not a wrapped request.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let top = Reading { part: Part::Top, outline: &mut outline };
        let top = reader.deserialize_any(top).ok()?;
        reader.end().ok()?;
        let objects = [top, outline.take(Part::Data), outline.take(Part::Metadata)];
        let is_wrapped = objects.iter().all(|part| *part == Found::Object) && !outline.has_others;
        is_wrapped.then_some(outline)
    }

    /// What a part is; nothing is left there.
    pub(super) fn take(&mut self, part: Part) -> Found {
        std::mem::take(&mut self.found[part as usize])
    }
}

impl Part {
    /// The part of this name in this one; `None` for what is not wanted.
    fn named(self, name: &str) -> Option<Self> {
        let is = |header: &str| self == Self::Headers && name.eq_ignore_ascii_case(header);
        match (self, name) {
            (Self::Top, "Data") => Some(Self::Data),
            (Self::Top, "Metadata") => Some(Self::Metadata),
            (Self::Data, "req") => Some(Self::Request),
            (Self::Request, "Url") => Some(Self::Url),
            (Self::Request, "Method") => Some(Self::Method),
            (Self::Request, "Body") => Some(Self::Body),
            (Self::Request, "Headers") => Some(Self::Headers),
            _ if is("authorization") => Some(Self::Authorization),
            _ if is(API_KEY) => Some(Self::ApiKey),
            _ if is("content-type") => Some(Self::ContentType),
            _ if is("content-encoding") => Some(Self::ContentEncoding),
            _ if is(JSON_BYTES) => Some(Self::JsonBytes),
            _ => None,
        }
    }

    fn is_object(self) -> bool {
        use Part::{Data, Headers, Metadata, Request, Top};
        matches!(self, Top | Data | Metadata | Request | Headers)
    }

    fn is_header(self) -> bool {
        use Part::{ApiKey, Authorization, ContentEncoding, ContentType, JsonBytes};
        matches!(self, Authorization | ApiKey | ContentType | ContentEncoding | JsonBytes)
    }
}

/// Reads one part, whatever is there.
struct Reading<'a> {
    part: Part,
    outline: &'a mut Outline,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Found;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a part of a wrapped request")
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Found, E> {
        Ok(Found::Wrong)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Found, E> {
        Ok(Found::Wrong)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Found, E> {
        Ok(Found::Wrong)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Found, E> {
        Ok(Found::Wrong)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(if self.part.is_object() { Found::Wrong } else { Found::Text(text.to_owned()) })
    }

    /// The host writes a header as the list of its values, of which the first counts.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let found = match self.part.is_header() {
            true => list.next_element_seed(self)?.unwrap_or_default(),
            false => Found::Wrong,
        };
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let Some(part) = self.part.named(&name) else {
                self.outline.has_others |= self.part == Part::Top;
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let found = map.next_value_seed(Reading { part, outline: self.outline })?;
            let place = &mut self.outline.found[part as usize];
            *place = if *place == Found::Nothing { found } else { Found::Wrong };
        }
        Ok(if self.part.is_object() { Found::Object } else { Found::Wrong })
    }
}
