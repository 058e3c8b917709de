//! A handler that does not come to an end: what it was at, read from what its watchdog left.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Failure, Outcome};

/// Where a run stood when it was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hung {
    /// The request; `None` while it was loading.
    pub(crate) request: Option<String>,
    /// How long it was waited for.
    pub(crate) patience: Duration,
    /// The lines of Python that it was in, innermost first: file and line.
    pub(crate) places: Vec<(String, String)>,
}

impl Hung {
    /// Reads what the watchdog wrote; `None` when it did not bite.
    pub(super) fn read(path: &Path, patience: Duration) -> Option<Self> {
        parse(&fs::read_to_string(path).ok()?, patience)
    }

    /// A run that ended so.
    pub(super) fn outcome(self) -> Outcome {
        let files = self.places.iter().rev().map(|(file, _)| file.clone()).collect();
        let failure = Failure { kind: "timeout".to_owned(), message: self.told(), files };
        Outcome { failure: Some(failure), hung: Some(self), ..Outcome::default() }
    }

    /// What it was at, in words.
    pub(crate) fn told(&self) -> String {
        let seconds = self.patience.as_secs_f64();
        let what = match &self.request {
            Some(request) => format!("had not answered `{request}` after {seconds} s"),
            None => format!("had not loaded after {seconds} s"),
        };
        match self.places.first() {
            Some((file, line)) => format!("{what}; it was in line {line} of `{file}`"),
            None => what,
        }
    }
}

/// The request as JSON, then `Timeout`, then threads: the last is the one that runs the handler.
fn parse(text: &str, patience: Duration) -> Option<Hung> {
    let (request, dump) = text.split_once('\n')?;
    let (_, threads) = dump.split_once("Timeout (")?;
    let main = threads.rsplit("(most recent call first):").next().unwrap_or_default();
    let place = |line: &str| {
        let (file, rest) = line.trim().strip_prefix("File \"")?.split_once("\", line ")?;
        Some((file.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    let request = serde_json::from_str(request).ok()?;
    Some(Hung { request, patience, places: main.lines().filter_map(place).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_watchdog_wrote_names_the_request_and_the_line() {
        let dump = "\"1.json\"\nTimeout (0:00:01)!\nThread 0x01 (most recent call first):\n  \
                    File \"/a/app.py\", line 3 in predict\n  File \"/a/run.py\", line 9 in run\n";
        let patience = Duration::from_millis(1500);
        let hung = parse(dump, patience).unwrap();
        let wanted = "had not answered `1.json` after 1.5 s; it was in line 3 of `/a/app.py`";
        assert_eq!(hung.told(), wanted);
        assert_eq!(parse("null\n", patience), None);
    }
}
