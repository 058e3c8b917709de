//! How a worker's process ended, in words.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a process ended, and what it had printed last.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// `ended with exit code 3`.
    pub(super) how: String,
    /// Its last lines.
    pub(super) printed: Vec<String>,
}

/// The signals that end processes, by their numbers on Linux.
const SIGNALS: [(i32, &str); 9] = [
    (4, "SIGILL"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL; the system does that where memory runs out"),
    (11, "SIGSEGV"),
    (15, "SIGTERM"),
    (24, "SIGXCPU"),
    (31, "SIGSYS"),
];

/// How a process with this status ended.
pub(super) fn how(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        let code = status.code().unwrap_or_default();
        return format!("ended with exit code {code}");
    };
    match SIGNALS.iter().find(|(number, _)| *number == signal) {
        Some((_, name)) => format!("was ended by signal {signal} ({name})"),
        None => format!("was ended by signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_a_name_and_a_code_its_number() {
        let how = |raw| how(ExitStatus::from_raw(raw));
        assert_eq!(how(3 << 8), "ended with exit code 3");
        assert_eq!(how(11), "was ended by signal 11 (SIGSEGV)");
        assert_eq!(how(40), "was ended by signal 40");
    }
}
