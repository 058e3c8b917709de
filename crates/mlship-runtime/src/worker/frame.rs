//! What stands on the socket between the runtime and the worker: frames, each of bounded length.
//!
//! A frame is its kind (one byte), the length of what follows (four bytes, the highest first), and
//! that. The runtime begins with [`BEGIN`], which the worker answers with [`READY`] or [`REFUSED`];
//! then every [`CALL`] is answered with [`JSON`], [`BYTES`] or [`PROBLEM`].

use std::io::{self, Read, Write};

/// To the worker, as JSON: what to load.
pub(super) const BEGIN: u8 = b'b';

/// To the worker: the form of a request (one byte), the length of its media type (two bytes), the
/// media type, the body.
pub(super) const CALL: u8 = b'c';

/// From the worker, as JSON: the handler is loaded.
pub(super) const READY: u8 = b'r';

/// From the worker, as JSON: why it is not.
pub(super) const REFUSED: u8 = b'x';

/// From the worker: an answer in JSON.
pub(super) const JSON: u8 = b'j';

/// From the worker: the length of a media type (two bytes), the media type, the bytes of an answer.
pub(super) const BYTES: u8 = b'o';

/// From the worker, as JSON: what is wrong with a request or its answer.
pub(super) const PROBLEM: u8 = b'p';

/// How much is set aside before anything of a frame has come, in bytes.
const ROOM: usize = 64 * 1024;

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// One of the constants above, where the other side keeps to them.
    pub(super) kind: u8,
    /// What follows the head.
    pub(super) payload: Vec<u8>,
}

/// Why a frame cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// It is longer than the bound.
    #[error("a frame of {length} bytes; at most {longest} are taken")]
    TooLong {
        /// Its length, in bytes.
        length: usize,
        /// The bound, in bytes.
        longest: usize,
    },
    /// It ended early, or the stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads one frame of at most `longest` bytes. What is announced takes no memory until it comes.
///
/// # Errors
/// When it is longer, or does not come in full.
pub(super) fn read(from: &mut impl Read, longest: usize) -> Result<Frame, FrameError> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_be_bytes(length) as usize;
    if length > longest {
        return Err(FrameError::TooLong { length, longest });
    }
    let mut payload = Vec::with_capacity(length.min(ROOM));
    from.take(length as u64).read_to_end(&mut payload)?;
    match payload.len() == length {
        true => Ok(Frame { kind, payload }),
        false => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

/// Writes one frame of these parts.
///
/// # Errors
/// When they are longer than a frame can be, or the stream fails.
pub(super) fn write(onto: &mut impl Write, kind: u8, parts: &[&[u8]]) -> io::Result<()> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let length = u32::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let [a, b, c, d] = length.to_be_bytes();
    onto.write_all(&[kind, a, b, c, d])?;
    parts.iter().try_for_each(|part| onto.write_all(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        write(&mut bytes, CALL, &[b"ab", b"", b"c"]).unwrap();
        write(&mut bytes, READY, &[]).unwrap();
        let mut from = bytes.as_slice();
        let frame = read(&mut from, 3).unwrap();
        assert_eq!(frame, Frame { kind: CALL, payload: b"abc".to_vec() });
        assert_eq!(read(&mut from, 0).unwrap().kind, READY);
        assert!(matches!(read(&mut from, 9), Err(FrameError::Io(_))));
    }

    #[test]
    fn a_length_is_believed_up_to_the_bound_and_takes_no_memory() {
        let bytes = [JSON, 0xff, 0xff, 0xff, 0xff, 1, 2];
        let error = read(&mut &bytes[..], 1 << 20).unwrap_err().to_string();
        assert_eq!(error, "a frame of 4294967295 bytes; at most 1048576 are taken");
        let cut = read(&mut &bytes[..], u32::MAX as usize).unwrap_err();
        assert!(matches!(cut, FrameError::Io(_)), "{cut}");
    }

    #[test]
    fn hostile_bytes_come_to_an_end() {
        // xorshift: seeded, so that a failure comes again.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let (mut whole, mut meant, mut refused) = (0, 0, 0);
        for _ in 0..20_000 {
            let mut bytes: Vec<u8> = (0..next() % 64).map(|_| next() as u8).collect();
            // Known kinds and short lengths too, or nothing would be whole and mean anything.
            if next() % 2 == 0 && bytes.len() > 5 {
                bytes[0] = [READY, REFUSED, JSON, BYTES, PROBLEM][next() as usize % 5];
                bytes[1..4].fill(0);
            }
            let mut from = bytes.as_slice();
            loop {
                match read(&mut from, 100) {
                    Ok(frame) => {
                        assert!(frame.payload.len() <= 100);
                        whole += 1;
                        meant += usize::from(!crate::worker::answer::fuzz(frame));
                    }
                    Err(_) => {
                        refused += 1;
                        break;
                    }
                }
            }
        }
        assert!(whole > 1000 && meant > 100 && refused == 20_000, "{whole} {meant} {refused}");
    }
}
