//! JSON from files that nobody vouches for: bounded in depth and in the length of one text.

use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The deepest nesting that is read.
const DEPTH: usize = 96;
/// The longest text that is read, in bytes.
const TEXT_BYTES: usize = 1 << 20;

/// Reads one JSON value. What `T` does not name is passed over without being kept.
pub(crate) fn read<T: DeserializeOwned>(reader: impl Read) -> Result<T, serde_json::Error> {
    serde_json::from_reader(io::BufReader::new(Bounded::new(reader)))
}

struct Bounded<R> {
    reader: R,
    depth: usize,
    text_bytes: Option<usize>,
    escaped: bool,
}

impl<R> Bounded<R> {
    fn new(reader: R) -> Self {
        Self { reader, depth: 0, text_bytes: None, escaped: false }
    }

    fn check(&mut self, byte: u8) -> Result<(), &'static str> {
        if let Some(length) = self.text_bytes {
            let ends = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.text_bytes = if ends { None } else { Some(length + 1) };
            return if length > TEXT_BYTES { Err("a text is too long") } else { Ok(()) };
        }
        match byte {
            b'"' => self.text_bytes = Some(0),
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH { Err("it is nested too deep") } else { Ok(()) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        for byte in &buffer[..count] {
            self.check(*byte).map_err(io::Error::other)?;
        }
        Ok(count)
    }
}

/// The first `N` items of a list; the rest is passed over.
#[derive(Debug)]
pub(crate) struct Capped<T, const N: usize>(pub(crate) Vec<T>);

impl<T, const N: usize> Default for Capped<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Capped<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CappedVisitor(PhantomData))
    }
}

struct CappedVisitor<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for CappedVisitor<T, N> {
    type Value = Capped<T, N>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < N {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Capped(items)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Capped(items))
    }
}

/// The beginning of a text.
#[derive(Debug)]
pub(crate) struct Cut(pub(crate) String);

impl<'de> Deserialize<'de> for Cut {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(crate::safetensors::cut(&text)))
    }
}
