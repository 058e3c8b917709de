//! A message made of pieces, most of which stay where they are until it is written: its length is
//! known before, and its weights are never in memory as a whole.

use std::io::{self, Write};

use mlship_inspect::protobuf::Writer;

/// Writes a payload whose length is known.
pub(crate) type Payload<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'a>;

/// Pieces, in order.
#[derive(Default)]
pub(crate) struct Rope<'a> {
    pieces: Vec<Piece<'a>>,
    length: u64,
}

enum Piece<'a> {
    Made(Vec<u8>),
    Kept(&'a [u8]),
    Later(Payload<'a>),
}

impl<'a> Rope<'a> {
    /// Bytes that were made.
    pub(crate) fn made(&mut self, bytes: Vec<u8>) {
        self.length += bytes.len() as u64;
        self.pieces.push(Piece::Made(bytes));
    }

    /// Bytes that stay where they are.
    pub(crate) fn kept(&mut self, bytes: &'a [u8]) {
        self.length += bytes.len() as u64;
        self.pieces.push(Piece::Kept(bytes));
    }

    /// A field of `length` bytes that `payload` writes when it is time.
    pub(crate) fn later(&mut self, number: u64, length: u64, payload: Payload<'a>) {
        self.made(head(number, length));
        self.length += length;
        self.pieces.push(Piece::Later(payload));
    }

    /// Another message, as a field of this one.
    pub(crate) fn message(&mut self, number: u64, inner: Rope<'a>) {
        self.made(head(number, inner.length));
        self.append(inner);
    }

    /// The pieces of another, after its own.
    pub(crate) fn append(&mut self, mut other: Rope<'a>) {
        self.length += other.length;
        self.pieces.append(&mut other.pieces);
    }

    /// How long it is, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Writes it all.
    pub(crate) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Made(bytes) => to.write_all(bytes),
            Piece::Kept(bytes) => to.write_all(bytes),
            Piece::Later(payload) => payload(to),
        })
    }
}

fn head(number: u64, length: u64) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.head(number, length);
    writer.finish()
}
