//! Progress on stderr: a line a step, and how far a transfer is, how fast, and how long it takes
//! yet.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mlship_core::progress::Progress;

use crate::render::size;

/// Where the lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// A terminal: a transfer has one line, written over.
    Terminal,
    /// A file or a CI log: a transfer has a line every few seconds.
    Log,
}

/// Writes progress as it comes.
#[derive(Debug)]
pub(crate) struct Lines {
    screen: Screen,
    transfer: Mutex<Option<Transfer>>,
}

/// Bytes that are under way.
#[derive(Debug, Clone, Copy)]
struct Transfer {
    total: u64,
    /// What was there before it began.
    at_first: u64,
    began: Instant,
    shown: Instant,
    /// Its last line was shown.
    ended: bool,
}

impl Lines {
    /// For a screen.
    pub(crate) fn new(screen: Screen) -> Self {
        Self { screen, transfer: Mutex::new(None) }
    }

    /// How often a transfer is shown.
    fn pause(&self) -> Duration {
        match self.screen {
            Screen::Terminal => Duration::from_millis(200),
            Screen::Log => Duration::from_secs(5),
        }
    }
}

impl Progress for Lines {
    fn step(&self, message: &str) {
        *self.transfer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let _ = writeln!(std::io::stderr(), "  {message}");
    }

    fn bytes(&self, done: u64, total: u64) {
        let now = Instant::now();
        let mut transfer = self.transfer.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Transfer { total, at_first: done, began: now, shown: now, ended: false };
        let under_way = transfer.get_or_insert(fresh);
        if under_way.total != total || done < under_way.at_first {
            *under_way = fresh;
        }
        let ended = done >= total;
        if under_way.ended || (!ended && now - under_way.shown < self.pause()) {
            return;
        }
        under_way.shown = now;
        let line = line(done, total, done - under_way.at_first, now - under_way.began);
        let _ = match self.screen {
            Screen::Terminal if ended => writeln!(std::io::stderr(), "\r\x1b[K    {line}"),
            Screen::Terminal => write!(std::io::stderr(), "\r\x1b[K    {line}"),
            Screen::Log => writeln!(std::io::stderr(), "    {line}"),
        };
        if ended {
            under_way.ended = true;
        }
    }
}

/// `120.0 MB of 440.0 MB, 60.0 MB/s, 6 s left`. `sent` is what this transfer moved in `elapsed`.
fn line(done: u64, total: u64, sent: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 { sent as f64 / seconds } else { 0.0 };
    let rate_text = if rate >= 1.0 { format!(", {}/s", size(rate as u64)) } else { String::new() };
    if done >= total {
        return format!("{}{rate_text}", size(total));
    }
    let left = if rate >= 1.0 {
        format!(", {} left", span((total - done) as f64 / rate))
    } else {
        String::new()
    };
    format!("{} of {}{rate_text}{left}", size(done), size(total))
}

/// Seconds as a person says them: `40 s`, `3 min`, `1 h 20 min`.
fn span(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_says_how_far_how_fast_and_how_long_yet() {
        let second = Duration::from_secs(1);
        assert_eq!(
            line(120_000_000, 440_000_000, 60_000_000, second),
            "120.0 MB of 440.0 MB, 60.0 MB/s, 6 s left"
        );
        assert_eq!(line(0, 440_000_000, 0, second), "0 B of 440.0 MB");
        assert_eq!(line(1_000, 1_000, 1_000, second), "1.0 KB, 1.0 KB/s");
        assert_eq!(line(1_000, 1_000, 1_000, Duration::ZERO), "1.0 KB");
    }

    #[test]
    fn times_are_told_in_their_own_unit() {
        assert_eq!(span(0.2), "1 s");
        assert_eq!(span(89.0), "89 s");
        assert_eq!(span(91.0), "2 min");
        assert_eq!(span(4_800.0 + 3_600.0), "2 h 20 min");
    }
}
