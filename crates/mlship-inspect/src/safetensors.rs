//! safetensors: a length, a JSON header, and the tensors' bytes, which are not read
//! (<https://huggingface.co/docs/safetensors>).

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use crate::facts::{Port, TensorFacts};
use crate::json::{self, Capped};

/// The longest header that the format allows, in bytes.
const HEADER_BYTES: u64 = 100_000_000;
/// The most tensors and the most metadata that are listed.
const LISTED: usize = 64;

/// Reads the header of a file of `length` bytes. The second is what to warn of.
pub(crate) fn read(mut file: File, length: u64) -> Result<(TensorFacts, Vec<String>), String> {
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|_| "it ends inside its header".to_owned())?;
    let size = u64::from_le_bytes(size);
    if size > HEADER_BYTES {
        return Err(format!("its header says `{size}` bytes; the format ends at {HEADER_BYTES}"));
    }
    if size > length.saturating_sub(8) {
        return Err(format!("its header has `{size}` bytes and the file `{length}`"));
    }
    let header: Header =
        json::read(file.take(size)).map_err(|error| format!("its header: {error}"))?;
    let mut warnings = Vec::new();
    let needed = header.end.saturating_add(8 + size);
    if needed > length {
        let message = format!("the file is cut: it has {length} bytes of {needed}");
        warnings.push(message);
    }
    Ok((header.facts, warnings))
}

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Capped<u64, 64>,
    data_offsets: (u64, u64),
}

#[derive(Default)]
struct Header {
    facts: TensorFacts,
    end: u64,
}

impl Header {
    fn add(&mut self, name: String, tensor: Tensor) {
        let elements = tensor.shape.0.iter().fold(1u64, |all, one| all.saturating_mul(*one));
        let facts = &mut self.facts;
        let mut dtype = dtype(&tensor.dtype);
        if facts.dtypes.len() >= LISTED && !facts.dtypes.contains_key(&dtype) {
            dtype = "other".into();
        }
        facts.count = Some(facts.count.unwrap_or(0) + 1);
        facts.parameters = facts.parameters.saturating_add(elements);
        let sum = facts.dtypes.entry(dtype.clone()).or_default();
        *sum = sum.saturating_add(elements);
        self.end = self.end.max(tensor.data_offsets.1);
        if facts.first.len() < LISTED {
            let shape = Some(tensor.shape.0.iter().map(u64::to_string).collect());
            facts.first.push(Port { name: cut(&name), dtype, shape });
        }
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        header.facts.count = Some(0);
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                let Metadata(metadata) = map.next_value()?;
                header.facts.metadata = metadata;
            } else {
                let tensor = map.next_value()?;
                header.add(name, tensor);
            }
        }
        Ok(header)
    }
}

/// `__metadata__`: the first entries, cut.
struct Metadata(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetadataVisitor)
    }
}

struct MetadataVisitor;

impl<'de> Visitor<'de> for MetadataVisitor {
    type Value = Metadata;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table of text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let mut metadata = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            if metadata.len() < LISTED {
                metadata.insert(cut(&key), cut(&value));
            }
        }
        Ok(Metadata(metadata))
    }
}

/// The longest text that is listed, in characters.
const TEXT_CHARACTERS: usize = 1000;

/// The beginning of a text.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn dtype(name: &str) -> String {
    match name {
        "BOOL" => "bool".into(),
        "BF16" => "bfloat16".into(),
        _ => match (name.get(..1), name.get(1..).map(str::parse::<u8>)) {
            (Some("F"), Some(Ok(bits))) => format!("float{bits}"),
            (Some("I"), Some(Ok(bits))) => format!("int{bits}"),
            (Some("U"), Some(Ok(bits))) => format!("uint{bits}"),
            _ => name.to_lowercase(),
        },
    }
}
