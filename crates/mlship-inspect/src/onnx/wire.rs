//! Protobuf's wire format (<https://protobuf.dev/programming-guides/encoding/>), bounded.

use std::cell::Cell;

use super::{OnnxError, Problem};

/// How much memory may still be taken.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// The budget for a file of `len` bytes.
    pub(super) fn of(len: usize) -> Self {
        Self(Cell::new(len.saturating_mul(16).saturating_add(4 << 20)))
    }
}

/// Bytes of a message, and where they are in the file.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    budget: &'a Budget,
    reading: &'static str,
}

/// A field's value.
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Reader<'a>),
}

impl<'a> Reader<'a> {
    /// Reads a whole file.
    pub(super) fn whole(bytes: &'a [u8], budget: &'a Budget) -> Self {
        Self { bytes, at: 0, end: bytes.len(), budget, reading: "the model" }
    }

    /// The next field and its number, `None` at the end of the message.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, OnnxError> {
        if self.at == self.end {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 {
            return Err(self.error(Problem::FieldNumber));
        }
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => Field::Bytes(self.length_delimited()?),
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            other => return Err(self.error(Problem::WireType(other as u8))),
        };
        Ok(Some((number, field)))
    }

    /// Names what is read from here on, for errors.
    pub(super) fn named(mut self, reading: &'static str) -> Self {
        self.reading = reading;
        self
    }

    /// Takes memory for one `T`.
    pub(super) fn charge<T>(&self) -> Result<(), OnnxError> {
        self.charge_bytes(size_of::<T>())
    }

    /// An error here.
    pub(super) fn error(&self, problem: Problem) -> OnnxError {
        OnnxError { offset: self.at, reading: self.reading, problem }
    }

    /// The rest, as a range of the file.
    pub(super) fn range(&self) -> std::ops::Range<usize> {
        self.at..self.end
    }

    /// The rest, copied.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, OnnxError> {
        self.charge_bytes(self.end - self.at)?;
        Ok(self.rest().to_vec())
    }

    /// The rest, as text.
    pub(super) fn to_text(&self) -> Result<String, OnnxError> {
        String::from_utf8(self.to_bytes()?).map_err(|_| self.error(Problem::NotText))
    }

    /// Every varint of a packed array.
    pub(super) fn varints(mut self, into: &mut Vec<i64>) -> Result<(), OnnxError> {
        let count = self.rest().iter().filter(|byte| **byte < 0x80).count();
        self.charge_bytes(count.saturating_mul(8))?;
        into.reserve_exact(count);
        while self.at < self.end {
            into.push(self.varint()?.cast_signed());
        }
        Ok(())
    }

    /// Every 32-bit float of a packed array.
    pub(super) fn floats(self, into: &mut Vec<f32>) -> Result<(), OnnxError> {
        let chunks = self.chunks::<4>()?;
        into.extend(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        Ok(())
    }

    /// Every 64-bit float of a packed array.
    pub(super) fn doubles(self, into: &mut Vec<f64>) -> Result<(), OnnxError> {
        let chunks = self.chunks::<8>()?;
        into.extend(chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)));
        Ok(())
    }

    fn chunks<const N: usize>(&self) -> Result<&'a [[u8; N]], OnnxError> {
        let (chunks, odd) = self.rest().as_chunks();
        if !odd.is_empty() {
            return Err(self.error(Problem::RaggedArray));
        }
        self.charge_bytes(chunks.len() * N)?;
        Ok(chunks)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    fn charge_bytes(&self, bytes: usize) -> Result<(), OnnxError> {
        let left = self.budget.0.get().checked_sub(bytes);
        self.budget.0.set(left.ok_or_else(|| self.error(Problem::TooManyValues))?);
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, OnnxError> {
        let mut value = 0u64;
        for shift in 0..10 {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << (7 * shift);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(Problem::LongInteger))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], OnnxError> {
        let bytes = self.rest().first_chunk().ok_or_else(|| self.error(Problem::Truncated))?;
        self.at += N;
        Ok(*bytes)
    }

    fn length_delimited(&mut self) -> Result<Reader<'a>, OnnxError> {
        let length = self.varint()?;
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let end = end.filter(|end| *end <= self.end);
        let end = end.ok_or_else(|| self.error(Problem::LongLength(length)))?;
        let inner = Reader { end, ..self.clone() };
        self.at = end;
        Ok(inner)
    }
}

impl<'a> Field<'a> {
    /// The message, text or packed array that it must be; `from` is where it was read.
    pub(super) fn bytes(self, from: &Reader<'_>) -> Result<Reader<'a>, OnnxError> {
        match self {
            Field::Bytes(reader) => Ok(reader),
            other => Err(from.error(Problem::UnexpectedWireType(other.wire_type()))),
        }
    }

    /// The integer that it must be.
    pub(super) fn int(&self, from: &Reader<'_>) -> Result<i64, OnnxError> {
        match self {
            Field::Varint(value) => Ok(value.cast_signed()),
            other => Err(from.error(Problem::UnexpectedWireType(other.wire_type()))),
        }
    }

    /// The text that it must be.
    pub(super) fn text(self, from: &Reader<'_>) -> Result<String, OnnxError> {
        self.bytes(from)?.to_text()
    }

    /// One integer, or a packed array of them.
    pub(super) fn ints(self, from: &Reader<'_>, into: &mut Vec<i64>) -> Result<(), OnnxError> {
        match self {
            Field::Varint(value) => {
                from.charge::<i64>()?;
                into.push(value.cast_signed());
                Ok(())
            }
            other => other.bytes(from)?.varints(into),
        }
    }

    /// One 32-bit float, or a packed array of them.
    pub(super) fn floats(self, from: &Reader<'_>, into: &mut Vec<f32>) -> Result<(), OnnxError> {
        match self {
            Field::Fixed32(bits) => {
                from.charge::<f32>()?;
                into.push(f32::from_bits(bits));
                Ok(())
            }
            other => other.bytes(from)?.floats(into),
        }
    }

    /// One 64-bit float, or a packed array of them.
    pub(super) fn doubles(self, from: &Reader<'_>, into: &mut Vec<f64>) -> Result<(), OnnxError> {
        match self {
            Field::Fixed64(bits) => {
                from.charge::<f64>()?;
                into.push(f64::from_bits(bits));
                Ok(())
            }
            other => other.bytes(from)?.doubles(into),
        }
    }

    fn wire_type(&self) -> u8 {
        match self {
            Field::Varint(_) => 0,
            Field::Fixed64(_) => 1,
            Field::Bytes(_) => 2,
            Field::Fixed32(_) => 5,
        }
    }
}
