//! Lines for stderr. No request waits for whoever reads them: a line that finds no room is left out,
//! and how many were is said as soon as there is some.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use mlship_runtime::host::Notice;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How many lines were left out. Held while a line is written, so that lines of several threads do
/// not mix, and what was found to have room has it.
static LEFT_OUT: Mutex<u64> = Mutex::new(0);

/// How long what is told seldom waits for room.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

const NONE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Writes what the operator is told, as `line` has it.
pub(crate) fn tell(notice: &Notice, line: impl Fn(&Notice) -> String) {
    let patience = match notice {
        Notice::Request(_)
        | Notice::Printed { .. }
        | Notice::ModelFailed { .. }
        | Notice::Raised { .. } => NONE,
        _ => PATIENCE,
    };
    let mut left_out = LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    if !has_room(patience) {
        *left_out += 1;
        return;
    }
    if *left_out > 0 {
        write(line(&Notice::LeftOut { lines: std::mem::take(&mut *left_out) }));
    }
    write(line(notice));
}

/// Nobody hears of a line that fails.
fn write(mut line: String) {
    line.push('\n');
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether a line can be written at once, soon enough. A pipe says so when 4096 bytes have room
/// (`PIPE_BUF`), which no line of a request reaches.
fn has_room(patience: Timespec) -> bool {
    let stderr = std::io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    poll(&mut fds, Some(&patience)).is_ok_and(|ready| ready > 0)
}
