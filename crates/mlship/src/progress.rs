//! Progress as plain lines on stderr.

use std::io::Write;

use mlship_core::progress::Progress;

/// A line a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines;

impl Progress for Lines {
    fn step(&self, message: &str) {
        let _ = writeln!(std::io::stderr(), "  {message}");
    }

    fn bytes(&self, done: u64, total: u64) {
        if done == total {
            let megabytes = total as f64 / 1e6;
            let _ = writeln!(std::io::stderr(), "  sent {megabytes:.1} MB");
        }
    }
}
