//! The bytes of a pickle, counted, and never kept beyond a name's length.

use std::io;

use crate::source::Source;

use super::value::{NAME_BYTES, Value, is_name};

/// The longest line of the text protocols that is kept, in bytes.
const LINE_BYTES: usize = 2 * NAME_BYTES;

/// Why a pickle was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The file ends before the pickle does.
    Truncated,
    /// The bytes are no pickle from here on: where, and what is wrong.
    Damaged(u64, String),
    /// It would take more memory than this scanner gives it.
    TooLarge(u64),
}

/// A source and where it stands.
pub(super) struct Bytes<'s, S> {
    source: &'s mut S,
    /// Bytes read so far.
    pub(super) position: u64,
}

impl<'s, S: Source> Bytes<'s, S> {
    pub(super) fn new(source: &'s mut S) -> Self {
        Self { source, position: 0 }
    }

    /// The same source, for a pickle inside this one.
    pub(super) fn reborrow(&mut self) -> Bytes<'_, S> {
        Bytes { source: self.source, position: self.position }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|error| self.stop(&error))?;
        self.position += N as u64;
        Ok(bytes)
    }

    /// A length of `N` bytes, little-endian.
    pub(super) fn length<const N: usize>(&mut self) -> Result<u64, Stop> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.array::<N>()?);
        Ok(u64::from_le_bytes(wide))
    }

    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Stop> {
        self.source.skip(bytes).map_err(|error| self.stop(&error))?;
        self.position = self.position.saturating_add(bytes);
        Ok(())
    }

    /// Text of so many bytes: kept when it could be a name.
    pub(super) fn text(&mut self, length: u64) -> Result<Value, Stop> {
        if length > NAME_BYTES as u64 {
            self.skip(length)?;
            return Ok(Value::Other);
        }
        let mut buffer = [0; NAME_BYTES];
        let bytes = &mut buffer[..length as usize];
        self.source.read_exact(bytes).map_err(|error| self.stop(&error))?;
        self.position += length;
        Ok(text(bytes))
    }

    /// A line without its end; a long one is cut.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, Stop> {
        let mut line = Vec::new();
        loop {
            let buffer = match self.source.fill_buf() {
                Ok([]) => return Err(Stop::Truncated),
                Ok(buffer) => buffer,
                Err(error) => return Err(self.stop(&error)),
            };
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = LINE_BYTES - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.source.consume(used);
            self.position += used as u64;
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    fn stop(&self, error: &io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Stop::Truncated,
            _ => Stop::Damaged(self.position, error.to_string()),
        }
    }
}

/// Text as a value: kept when it could be a name.
pub(super) fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_name(bytes) => Value::Text(text.into()),
        _ => Value::Other,
    }
}
