//! Bytes that are read once, forwards, in bounded memory. Nothing here keeps what it has read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};

/// The most that is unpacked out of one compressed stream, in bytes. What lies behind is not
/// looked at.
const UNPACKED_BYTES: u64 = 8 << 30;

/// A stream that can leave bytes out without handing them over.
pub(crate) trait Source: BufRead {
    /// Leaves out the next `bytes`; an unexpected end when there are fewer.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

/// An uncompressed file: what is skipped is never read.
pub(crate) struct FileSource {
    reader: BufReader<File>,
    length: u64,
}

impl FileSource {
    /// Reads from where `file` stands.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { reader: BufReader::new(file), length })
    }
}

impl Read for FileSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for FileSource {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Source for FileSource {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let buffered = self.reader.buffer().len() as u64;
        if bytes <= buffered {
            self.reader.consume(bytes as usize);
            return Ok(());
        }
        let left = self.length.saturating_sub(self.reader.stream_position()?);
        if bytes > left {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // No file is longer than an `i64`, so neither is what is left of one.
        self.reader.seek_relative(bytes.cast_signed())
    }
}

/// Any other stream, such as one that is unpacked on the way.
pub(crate) struct Stream<R> {
    reader: BufReader<io::Take<R>>,
}

impl<R: Read> Stream<R> {
    /// Reads from `reader`, at most so much that a bomb ends.
    pub(crate) fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader.take(UNPACKED_BYTES)) }
    }
}

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<R: Read> BufRead for Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl<R: Read> Source for Stream<R> {
    fn skip(&mut self, mut bytes: u64) -> io::Result<()> {
        while bytes > 0 {
            let got = self.reader.fill_buf()?.len();
            if got == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let step = bytes.min(got as u64);
            self.reader.consume(step as usize);
            bytes -= step;
        }
        Ok(())
    }
}

/// Reads up to `limit` bytes: fewer when there are fewer, or when reading fails on the way.
pub(crate) fn head(reader: impl Read, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before a failure is kept, and is what counts here.
    let _ = reader.take(limit).read_to_end(&mut bytes);
    bytes
}
