//! Bytes to gzip, as hard as it pays. The outcome is a function of the bytes alone: neither of a
//! clock nor of the pieces in which they come.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, Crc};

/// How much is tried before it is decided: enough to get past a file's head into its numbers.
const TRIED_BYTES: usize = 4 << 20;

/// Deflating pays when it takes this part of the tried bytes away: one tenth. Trained float
/// weights shrink by some 7 %, at thirty times the cost of copying them.
const WORTH: usize = 10;

/// How much is packed together; also the most that a stored block holds (RFC 1951, 3.2.4).
const PIECE_BYTES: usize = 0xffff;

/// The level at which it is tried, and the one at which it is done.
const TRIED: Compression = Compression::fast();
const DONE: Compression = Compression::new(6);

/// Writes gzip to `W`. [`Gzip::finish`] must be called at the end.
pub(crate) struct Gzip<W: Write> {
    pending: Vec<u8>,
    to: State<W>,
}

enum State<W: Write> {
    Undecided(Option<W>),
    Deflated(GzEncoder<W>),
    Stored(Stored<W>),
}

impl<W: Write> Gzip<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { pending: Vec::new(), to: State::Undecided(Some(to)) }
    }

    /// Writes what is pending and the trailer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.decide()?;
        self.pack()?;
        match self.to {
            State::Undecided(_) => Err(failed_before()),
            State::Deflated(mut encoder) => {
                encoder.write_all(&self.pending)?;
                encoder.finish()
            }
            State::Stored(stored) => stored.end(&self.pending),
        }
    }

    fn decide(&mut self) -> io::Result<()> {
        let State::Undecided(to) = &mut self.to else { return Ok(()) };
        let to = to.take().ok_or_else(failed_before)?;
        self.to = if shrinks(&self.pending)? {
            State::Deflated(GzEncoder::new(to, DONE))
        } else {
            State::Stored(Stored::start(to)?)
        };
        Ok(())
    }

    /// Packs whole pieces; a last one stays pending, for it may be the very last.
    fn pack(&mut self) -> io::Result<()> {
        let mut done = 0;
        while self.pending.len() - done > PIECE_BYTES {
            let piece = &self.pending[done..done + PIECE_BYTES];
            match &mut self.to {
                State::Undecided(_) => return Err(failed_before()),
                State::Deflated(encoder) => encoder.write_all(piece)?,
                State::Stored(stored) => stored.block(piece, 0)?,
            }
            done += PIECE_BYTES;
        }
        self.pending.drain(..done);
        Ok(())
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = if matches!(self.to, State::Undecided(_)) { TRIED_BYTES } else { PIECE_BYTES };
        let room = (most + 1).saturating_sub(self.pending.len());
        let taken = &bytes[..bytes.len().min(room)];
        self.pending.extend_from_slice(taken);
        if self.pending.len() > most {
            self.decide()?;
            self.pack()?;
            self.pending.shrink_to(2 * PIECE_BYTES);
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed_before() -> io::Error {
    io::Error::other("gzip has failed before")
}

/// True when deflating takes enough away from the bytes.
fn shrinks(bytes: &[u8]) -> io::Result<bool> {
    let bytes = &bytes[..bytes.len().min(TRIED_BYTES)];
    let mut encoder = GzEncoder::new(Count(0), TRIED);
    for piece in bytes.chunks(PIECE_BYTES) {
        encoder.write_all(piece)?;
    }
    Ok(encoder.finish()?.0 <= bytes.len() - bytes.len() / WORTH)
}

/// Counts what is written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A gzip stream of stored blocks (RFC 1951, 3.2.4; RFC 1952). The deflate engine at level 0 cuts
/// its blocks where its buffers end, which is not a function of the bytes.
struct Stored<W: Write> {
    to: W,
    crc: Crc,
}

impl<W: Write> Stored<W> {
    fn start(mut to: W) -> io::Result<Self> {
        // Magic number, deflate, no flags, no time, no extra flags, unknown system.
        to.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])?;
        Ok(Self { to, crc: Crc::new() })
    }

    fn block(&mut self, bytes: &[u8], last: u8) -> io::Result<()> {
        let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
        let [a, b] = length.to_le_bytes();
        self.crc.update(bytes);
        self.to.write_all(&[last, a, b, !a, !b])?;
        self.to.write_all(bytes)
    }

    fn end(mut self, bytes: &[u8]) -> io::Result<W> {
        self.block(bytes, 1)?;
        self.to.write_all(&self.crc.sum().to_le_bytes())?;
        self.to.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn packed(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut gzip = Gzip::new(Vec::new());
        for piece in bytes.chunks(piece) {
            gzip.write_all(piece).unwrap();
        }
        gzip.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
        plain
    }

    /// Noise in the upper bits of each byte, as many as `bits`.
    fn noise(length: usize, bits: u32) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u8::try_from(state >> 56 >> (8 - bits)).unwrap()
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn what_does_not_shrink_is_stored_and_the_rest_deflated() {
        let length = TRIED_BYTES + 3 * PIECE_BYTES + 17;
        let incompressible = noise(length, 8);
        let stored = packed(&incompressible, 8192);
        assert!(stored.len() > length, "stored blocks add a little");
        assert_eq!(unpacked(&stored), incompressible);
        let half = noise(length, 4);
        let deflated = packed(&half, 8192);
        assert!(deflated.len() < length * 6 / 10);
        assert_eq!(unpacked(&deflated), half);
    }

    #[test]
    fn pieces_leave_no_trace() {
        for bits in [8, 3] {
            let bytes = noise(TRIED_BYTES + PIECE_BYTES + 5, bits);
            assert_eq!(packed(&bytes, 1000), packed(&bytes, bytes.len()));
        }
    }

    #[test]
    fn short_streams_and_whole_pieces_are_whole() {
        for length in [0, 1, PIECE_BYTES, 2 * PIECE_BYTES, TRIED_BYTES, TRIED_BYTES + 1] {
            let bytes = noise(length, 8);
            assert_eq!(unpacked(&packed(&bytes, 4096)), bytes, "{length}");
        }
    }
}
