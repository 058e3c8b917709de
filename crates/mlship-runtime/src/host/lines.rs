//! Lines of a stream under a bound on their length: what is longer is passed over without being
//! held. Reads no more than what is asked for; knows nothing of what the lines say.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// How much is read at once, in bytes.
const CHUNK: usize = 256 * 1024;

/// The lines of a stream.
pub(super) struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    /// What of the buffer is read and not given out.
    left: Range<usize>,
    /// How much of that holds no end of a line, in bytes.
    seen: usize,
    /// The longest line, in bytes.
    longest: usize,
    /// Lines given out, blank ones included.
    number: u64,
    within: Within,
}

/// Where in a line the stream stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// In one that may be given out.
    Line,
    /// In one that was too long; the rest of it is passed over.
    Refused,
    /// Behind the last.
    Nothing,
}

/// Whether the end of a line is in the buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Found,
    Ahead,
}

/// A line that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number in the stream, from 1.
    pub(super) number: u64,
    /// Where it lies in the buffer, without its end.
    pub(super) place: Place,
}

/// Where a line lies.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At these bytes of the buffer.
    Here(Range<usize>),
    /// Nowhere: it is longer than the bound.
    TooLong,
}

impl<R: Read> Lines<R> {
    /// The lines of `from`, each of at most `longest` bytes.
    pub(super) fn new(from: R, longest: usize) -> Self {
        let (buffer, left) = (Vec::new(), 0..0);
        Self { from, buffer, left, seen: 0, longest, number: 0, within: Within::Line }
    }

    /// The next lines that are not blank: at least one, which is waited for, and of those that have
    /// arrived by then at most `most`. None at the end of the stream. They lie in the buffer until
    /// the next call.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Vec<Line>> {
        let mut found = Vec::new();
        self.make_room();
        while found.is_empty() {
            let mut taken = 0;
            while found.len() < most.max(1) && taken < CHUNK {
                let Some(line) = self.one() else { break };
                if let Place::Here(place) = &line.place {
                    taken += place.len();
                    if self.buffer[place.clone()].trim_ascii().is_empty() {
                        continue;
                    }
                }
                found.push(line);
            }
            if found.is_empty() && taken < CHUNK {
                if self.within == Within::Nothing {
                    break;
                }
                self.read()?;
            }
        }
        Ok(found)
    }

    /// The bytes of a line that lies here.
    pub(super) fn bytes(&self, place: Range<usize>) -> &[u8] {
        &self.buffer[place]
    }

    /// The next line in the buffer; `None` where more must be read.
    fn one(&mut self) -> Option<Line> {
        loop {
            let (place, end) = self.piece();
            if self.within == Within::Refused {
                self.pass(&place, end);
                match end {
                    End::Found => self.within = Within::Line,
                    End::Ahead => return None,
                }
                continue;
            }
            let is_last = self.within == Within::Nothing && !place.is_empty();
            let is_too_long = place.len() > self.longest;
            if end == End::Ahead && !is_last && !is_too_long {
                return None;
            }
            self.pass(&place, end);
            self.number += 1;
            let number = self.number;
            if !is_too_long {
                return Some(Line { number, place: Place::Here(place) });
            }
            if end == End::Ahead && self.within == Within::Line {
                self.within = Within::Refused;
            }
            return Some(Line { number, place: Place::TooLong });
        }
    }

    /// What is left of the line that the buffer stands in.
    fn piece(&mut self) -> (Range<usize>, End) {
        let unseen = self.left.start + self.seen..self.left.end;
        match self.buffer[unseen.clone()].iter().position(|byte| *byte == b'\n') {
            Some(length) => (self.left.start..unseen.start + length, End::Found),
            None => {
                self.seen = self.left.len();
                (self.left.clone(), End::Ahead)
            }
        }
    }

    /// Goes on behind a piece.
    fn pass(&mut self, piece: &Range<usize>, end: End) {
        self.left.start = piece.end + usize::from(end == End::Found);
        self.seen = 0;
    }

    /// Moves what is left to the front.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.left.clone(), 0);
        self.left = 0..self.left.len();
    }

    /// Reads on behind what is left.
    fn read(&mut self) -> io::Result<()> {
        self.make_room();
        if self.buffer.len() < self.left.end + CHUNK {
            self.buffer.resize(self.left.end + CHUNK, 0);
        }
        let into = &mut self.buffer[self.left.end..self.left.end + CHUNK];
        let read = loop {
            match self.from.read(into) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.left.end += read;
        if read == 0 {
            self.within = Within::Nothing;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
