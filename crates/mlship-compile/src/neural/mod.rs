//! ONNX file to graph and weights, so that a runtime can map the weights into memory.
//!
//! The rest of the file is copied byte for byte, also what this crate does not know.

mod half;

use std::io::{self, Write};

use mlship_bundle::half::{Kind, MAGIC, head};

use mlship_inspect::protobuf::{Field, FieldError, Writer, fields};

use self::half::Halves;

/// The name by which the graph refers to its weights. rten maps no file whose extension does not
/// begin with `data`.
pub const WEIGHTS_FILE: &str = "weights.data";

/// The name of the weights when some are 16-bit floats: [`mlship_bundle::half`].
pub const HALF_WEIGHTS_FILE: &str = "weights.half";

/// Every weight starts at a multiple of this.
const ALIGN: u64 = 64;

/// Weights below this stay in the graph, in bytes.
const SMALLEST: usize = 1024;

/// A graph without its weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neural {
    /// The ONNX file; it refers to [`WEIGHTS_FILE`] in its own folder.
    pub graph: Vec<u8>,
    /// How long the weights are for the engine, in bytes; zero when nothing refers to them.
    pub weights: u64,
    /// How they were written.
    pub form: Form,
    /// Other files that the model already referred to, as it names them.
    pub external: Vec<String>,
}

/// How weights are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the engine reads them.
    Plain,
    /// With 16-bit floats: [`mlship_bundle::half`].
    Half,
}

/// Splits an ONNX file; the weights go to `weights` as they are found, so that memory taken is the
/// graph's.
///
/// # Errors
/// A file that is not protobuf, as [`io::ErrorKind::InvalidData`], or what `weights` says.
pub fn neural(file: &[u8], weights: &mut dyn Write) -> io::Result<Neural> {
    let halves = Halves::of(file)?;
    let form = if halves.any() { Form::Half } else { Form::Plain };
    if form == Form::Half {
        weights.write_all(&MAGIC)?;
    }
    let mut split = Split { weights, form, halves, at: 0, external: Vec::new() };
    let graph = split.model(file)?;
    Ok(Neural { graph, weights: split.at, form, external: split.external })
}

struct Split<'a> {
    weights: &'a mut dyn Write,
    form: Form,
    halves: Halves,
    /// How long the weights are for the engine, up to now.
    at: u64,
    external: Vec<String>,
}

impl Split<'_> {
    fn model(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Writer::default();
        for field in fields(bytes) {
            let field = field?;
            match (field.number, field.payload) {
                (7, Some(graph)) => out.bytes(7, &self.graph(graph)?),
                _ => out.copy(field.whole),
            }
        }
        Ok(out.finish())
    }

    fn graph(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Writer::default();
        let mut node = 0;
        for field in fields(bytes) {
            let field = field?;
            match (field.number, field.payload) {
                (1, Some(_)) => {
                    if !self.halves.is_cast(node) {
                        out.copy(field.whole);
                    }
                    node += 1;
                }
                (5, Some(tensor)) => match self.tensor(tensor)? {
                    Some(rewritten) => out.bytes(5, &rewritten),
                    None => out.copy(field.whole),
                },
                _ => out.copy(field.whole),
            }
        }
        Ok(out.finish())
    }

    /// The tensor with its elements elsewhere, `None` when it stays as it is.
    fn tensor(&mut self, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let half = self.half_name(bytes)?;
        let mut out = Writer::default();
        let mut elements = None;
        for field in fields(bytes) {
            let field = field?;
            match (field.number, field.payload) {
                // `float_data`, `raw_data` and `double_data`: the bytes are the elements.
                (4 | 9 | 10, Some(payload)) => {
                    if elements.replace(payload).is_some() {
                        return Ok(None);
                    }
                }
                (13, Some(entry)) => {
                    self.external.extend(location(entry)?);
                    return Ok(None);
                }
                (2, None) if half.is_some() => out.int(2, half::FLOAT),
                (8, Some(_)) if half.is_some() => {
                    out.bytes(8, half.as_deref().unwrap_or_default().as_bytes());
                }
                _ => out.copy(field.whole),
            }
        }
        let kind = if half.is_some() { Kind::Half } else { Kind::Plain };
        let Some(elements) = elements.filter(|elements| elements.len() >= SMALLEST) else {
            return small(half.is_some(), elements, out);
        };
        let (offset, length) = self.write(kind, elements)?;
        for (key, value) in [
            ("location", WEIGHTS_FILE.to_owned()),
            ("offset", offset.to_string()),
            ("length", length.to_string()),
        ] {
            let mut entry = Writer::default();
            entry.bytes(1, key.as_bytes());
            entry.bytes(2, value.as_bytes());
            out.bytes(13, &entry.finish());
        }
        out.int(14, 1);
        Ok(Some(out.finish()))
    }

    /// What a constant of 16-bit floats is called as 32-bit ones.
    fn half_name(&self, tensor: &[u8]) -> io::Result<Option<String>> {
        if self.form == Form::Plain {
            return Ok(None);
        }
        for field in fields(tensor) {
            if let Field { number: 8, payload: Some(name), .. } = field? {
                let name = String::from_utf8_lossy(name);
                return Ok(self.halves.name(&name).map(str::to_owned));
            }
        }
        Ok(None)
    }

    /// Writes elements; says where the engine finds them, and how long they are for it.
    fn write(&mut self, kind: Kind, elements: &[u8]) -> io::Result<(u64, u64)> {
        let offset = self.at.next_multiple_of(ALIGN);
        let padding = [0; ALIGN as usize];
        let gap = usize::try_from(offset - self.at).unwrap_or(0);
        self.segment(Kind::Plain, padding.get(..gap).unwrap_or_default())?;
        self.segment(kind, elements)?;
        let length = kind.expanded(elements.len() as u64).unwrap_or_default();
        self.at = offset + length;
        Ok((offset, length))
    }

    fn segment(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        if self.form == Form::Half && !bytes.is_empty() {
            self.weights.write_all(&head(kind, bytes.len() as u64))?;
        }
        self.weights.write_all(bytes)
    }
}

/// A tensor whose elements stay in the graph: as it was, or widened.
fn small(
    is_half: bool,
    elements: Option<&[u8]>,
    mut tensor: Writer,
) -> io::Result<Option<Vec<u8>>> {
    if !is_half {
        return Ok(None);
    }
    let Some(elements) = elements else {
        return Err(half::invalid("16-bit floats that are not raw bytes are not read".into()));
    };
    tensor.bytes(9, &half::widened(elements));
    Ok(Some(tensor.finish()))
}

/// The file that an `external_data` entry names, when it is the entry that does.
fn location(entry: &[u8]) -> Result<Option<String>, FieldError> {
    let (mut key, mut value) = (&b""[..], &b""[..]);
    for field in fields(entry) {
        let field = field?;
        match (field.number, field.payload) {
            (1, Some(payload)) => key = payload,
            (2, Some(payload)) => value = payload,
            _ => {}
        }
    }
    Ok((key == b"location").then(|| String::from_utf8_lossy(value).into_owned()))
}

#[cfg(test)]
mod tests {
    use mlship_inspect::onnx::{TensorData, parse};

    use super::*;

    fn model(raw: &[u8]) -> Vec<u8> {
        let mut tensor = Writer::default();
        tensor.int(1, (raw.len() / 4) as u64);
        tensor.int(2, 1);
        tensor.bytes(8, b"w");
        tensor.bytes(9, raw);
        let mut graph = Writer::default();
        graph.bytes(5, &tensor.finish());
        graph.bytes(99, b"not known");
        let mut model = Writer::default();
        model.int(1, 8);
        model.bytes(7, &graph.finish());
        model.finish()
    }

    #[test]
    fn large_weights_are_split_off() {
        let raw: Vec<u8> = (0..4096u32).map(|i| i as u8).collect();
        let mut weights = Vec::new();
        let split = neural(&model(&raw), &mut weights).unwrap();
        assert_eq!((weights.as_slice(), split.weights), (raw.as_slice(), 4096));
        assert!(split.graph.windows(9).any(|window| window == b"not known"));
        let parsed = parse(&split.graph).unwrap();
        let TensorData::External { location, offset, length } = &parsed.graph.initializers[0].data
        else {
            panic!("not external")
        };
        assert_eq!((location.as_str(), *offset, *length), (WEIGHTS_FILE, 0, Some(4096)));
    }

    #[test]
    fn small_weights_stay() {
        let file = model(&[0; 1020]);
        let mut weights = Vec::new();
        let split = neural(&file, &mut weights).unwrap();
        assert_eq!((split.graph, split.weights), (file, 0));
    }

    #[test]
    fn truncated_files_are_refused() {
        let file = model(&[7; 2048]);
        for end in 3..file.len() {
            assert!(neural(&file[..end], &mut Vec::new()).is_err(), "cut at {end}");
        }
    }
}
