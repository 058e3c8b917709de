//! Protobuf fields, taken apart and put together without knowing what they mean.

use std::io;

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Its number in the message.
    pub number: u64,
    /// Its bytes with tag and length.
    pub whole: &'a [u8],
    /// What is in it, of a field with a length.
    pub payload: Option<&'a [u8]>,
}

/// The bytes are not a message.
#[derive(Debug, thiserror::Error)]
#[error("the file is not protobuf: a field ends early")]
pub struct FieldError;

impl From<FieldError> for io::Error {
    fn from(error: FieldError) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// The fields of a message; it ends after the first error.
pub fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<Field<'_>, FieldError>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = field(rest);
        rest = field.as_ref().and_then(|field| rest.get(field.whole.len()..)).unwrap_or_default();
        Some(field.ok_or(FieldError))
    })
}

fn field(bytes: &[u8]) -> Option<Field<'_>> {
    let (tag, mut at) = varint(bytes, 0)?;
    let mut payload = None;
    match tag & 7 {
        0 => at = varint(bytes, at)?.1,
        1 => at = at.checked_add(8)?,
        2 => {
            let (length, start) = varint(bytes, at)?;
            at = start.checked_add(usize::try_from(length).ok()?)?;
            payload = Some(bytes.get(start..at)?);
        }
        5 => at = at.checked_add(4)?,
        _ => return None,
    }
    Some(Field { number: tag >> 3, whole: bytes.get(..at)?, payload })
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for shift in 0..10 {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << (7 * shift);
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

/// A message in the making.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A field as it was.
    pub fn copy(&mut self, whole: &[u8]) {
        self.0.extend_from_slice(whole);
    }

    /// A field with a length.
    pub fn bytes(&mut self, number: u64, payload: &[u8]) {
        self.head(number, payload.len() as u64);
        self.0.extend_from_slice(payload);
    }

    /// An integer.
    pub fn int(&mut self, number: u64, value: u64) {
        self.varint(number << 3);
        self.varint(value);
    }

    /// The head of a field with a length, whose payload comes after.
    pub fn head(&mut self, number: u64, length: u64) {
        self.varint(number << 3 | 2);
        self.varint(length);
    }

    /// The message.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}
