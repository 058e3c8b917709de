//! The connection to one worker's process: a call and its answer, within their time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::call::Call;
use super::ended::Ended;
use super::frame::{self, Frame, FrameError};
use super::process::Process;

/// One worker's process, from its start to its end.
pub(super) struct Link {
    pub(super) process: Process,
    socket: UnixStream,
    /// Whether it was called since its last answer.
    pub(super) is_called: AtomicBool,
    /// Why the runtime ended it.
    reason: OnceLock<String>,
    /// How it ended.
    pub(super) ended: OnceLock<Ended>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// The process had ended before it was called.
    Uncalled,
    /// None came in time.
    Late,
    /// The process has ended, or hung up.
    Gone,
    /// It said what is no frame.
    Broken(String),
}

impl Link {
    pub(super) fn new(process: Process, socket: UnixStream) -> Self {
        Self {
            process,
            socket,
            is_called: AtomicBool::new(false),
            reason: OnceLock::new(),
            ended: OnceLock::new(),
        }
    }

    /// Sends the program and what it is to load, and gives what the worker says then: `until` when
    /// at most.
    pub(super) fn begin(
        &self,
        program: &[u8],
        begin: &[u8],
        until: Option<Instant>,
        longest: usize,
    ) -> Result<Frame, FrameError> {
        let mut socket = Timed { socket: &self.socket, until };
        socket.write_all(program)?;
        frame::write(&mut socket, frame::BEGIN, &[begin])?;
        frame::read(&mut socket, longest)
    }

    /// Calls the handler, and gives what it answers `until` then.
    pub(super) fn call(&self, call: &Call, until: Instant, longest: usize) -> Result<Frame, Lost> {
        let mut socket = Timed { socket: &self.socket, until: Some(until) };
        let (kind, head, [media_type, body]) = call.parts();
        self.is_called.store(true, Relaxed);
        let sent = frame::write(&mut socket, kind, &[&head, media_type, body]);
        match sent {
            Ok(()) => {}
            Err(error) if is_late(&error) => return Err(Lost::Late),
            Err(_) => {
                // It has not got all of it, so it has begun nothing.
                self.is_called.store(false, Relaxed);
                return Err(Lost::Uncalled);
            }
        }
        let answer = frame::read(&mut socket, longest);
        let answer = answer.map_err(|error| match error {
            FrameError::Io(error) if is_late(&error) => Lost::Late,
            FrameError::Io(_) => Lost::Gone,
            error @ FrameError::TooLong { .. } => Lost::Broken(error.to_string()),
        });
        if answer.is_ok() {
            self.is_called.store(false, Relaxed);
        }
        answer
    }

    /// Ends the process at once; `reason` is told where it ended by this.
    pub(super) fn end(&self, reason: impl Into<String>) {
        let _ = self.reason.set(reason.into());
        self.process.kill();
        self.hang_up(Shutdown::Both);
    }

    /// Ends what is read, and what the process may read.
    pub(super) fn hang_up(&self, which: Shutdown) {
        let _ = self.socket.shutdown(which);
    }

    /// How the process ended, by the one who ended it or by the system's word.
    pub(super) fn how(&self, how: String) -> String {
        self.reason.get().cloned().unwrap_or(how)
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A socket of which every step is over at a time.
struct Timed<'s> {
    socket: &'s UnixStream,
    until: Option<Instant>,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let Some(until) = self.until else { return Ok(None) };
        match until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(into)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
