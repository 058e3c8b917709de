//! What the worker prints, to the operator: line by line, each of bounded length. Reads on whoever
//! else reads, so that printing never stops the worker.

use std::collections::VecDeque;
use std::io::{PipeReader, PipeWriter, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};

use crate::notice::{Notice, Tell, begin};

/// The most of a line that is told at once, in bytes of its JSON: a longer one is told in pieces.
const PIECE: usize = 3000;

/// How many of the last lines are kept, and how much of them all, in bytes of their JSON.
const KEPT: usize = 8;
const KEPT_BYTES: usize = 2000;

/// The most that is still read once the process has ended, in bytes: what it has started may print
/// on.
const REST: usize = 256 * 1024;

/// Reads what one process prints.
pub(super) struct Printed {
    thread: Option<JoinHandle<()>>,
    /// Closed when the process has ended.
    open: Option<PipeWriter>,
    last: Arc<Mutex<VecDeque<String>>>,
}

impl Printed {
    /// Begins to read.
    ///
    /// # Errors
    /// When the system gives no pipe or no thread.
    pub(super) fn begin(from: PipeReader, tell: Tell) -> std::io::Result<Self> {
        let last = Arc::<Mutex<VecDeque<String>>>::default();
        let (ended, open) = std::io::pipe()?;
        let mut lines = Lines { partial: Vec::new(), last: last.clone(), tell };
        let thread = std::thread::Builder::new().name("printed".into());
        let thread = thread.spawn(move || lines.read(from, &ended))?;
        Ok(Self { thread: Some(thread), open: Some(open), last })
    }

    /// The last lines, once the process has ended.
    pub(super) fn last(mut self) -> Vec<String> {
        drop(self.open.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = KEPT_BYTES;
        let kept = last.iter().rev().map_while(|line| {
            let piece = begin(line, room.min(KEPT_BYTES / 2));
            room = room.saturating_sub(piece.len() + 3);
            (!piece.is_empty()).then(|| piece.to_owned())
        });
        let mut kept: Vec<_> = kept.collect();
        kept.reverse();
        kept
    }
}

/// Lines as they come.
struct Lines {
    /// What has come of a line.
    partial: Vec<u8>,
    last: Arc<Mutex<VecDeque<String>>>,
    tell: Tell,
}

impl Lines {
    /// Reads until nobody can print any more, or the process has ended.
    fn read(&mut self, mut from: PipeReader, ended: &PipeReader) {
        let mut bytes = vec![0; 16 * 1024];
        let mut rest = REST;
        loop {
            let (can_read, has_ended) = wait(&from, ended);
            if !can_read && has_ended {
                break;
            }
            match from.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    self.take(bytes.get(..length).unwrap_or_default());
                    if has_ended {
                        rest = rest.saturating_sub(length);
                    }
                }
            }
            if rest == 0 {
                break;
            }
        }
        self.end_line();
    }

    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(part);
            if part.ends_with(b"\n") || self.partial.len() >= PIECE {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        let mut rest = line.trim_end();
        while !rest.is_empty() {
            let piece = begin(rest, PIECE);
            self.keep(piece);
            (self.tell)(&Notice::Printed { text: piece.to_owned() });
            rest = rest.get(piece.len()..).unwrap_or_default();
        }
    }

    fn keep(&self, line: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line.to_owned());
    }
}

/// Waits for something to read, or for the end: which of them is there.
fn wait(from: &PipeReader, ended: &PipeReader) -> (bool, bool) {
    let mut fds = [PollFd::new(from, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
    loop {
        match poll(&mut fds, None) {
            Ok(_) => return (!fds[0].revents().is_empty(), !fds[1].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return (false, true),
        }
    }
}
