//! What the process tells its operator, and how whoever collects it wants it written. Who prints it
//! is not known here.

mod visit;

use std::time::SystemTime;

use serde::Serialize;

use crate::clock::Moment;
pub use visit::Visit;

/// What the operator is told, one JSON line each.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Notice {
    /// The port is bound.
    Listening {
        /// The address, with the port that was given out.
        address: String,
    },
    /// A file of the model is on its way.
    Fetching {
        /// Its path in the bundle.
        path: String,
        /// How much of it is here, in bytes.
        have: u64,
        /// How long it is, in bytes.
        bytes: u64,
    },
    /// A file of the model could not be read on; it is tried again.
    Retrying {
        /// Its path in the bundle.
        path: String,
        /// What went wrong.
        cause: String,
        /// How long is waited before.
        milliseconds: u64,
    },
    /// A file of the model has arrived and is what the bundle says.
    Fetched {
        /// Its path in the bundle.
        path: String,
        /// How long that took.
        milliseconds: u64,
    },
    /// The model is loaded.
    Ready {
        /// How long that took.
        milliseconds: u64,
    },
    /// The weights are laid out for speed; answers come from them from now on.
    Prepacked {
        /// How long that took.
        milliseconds: u64,
    },
    /// The model cannot be loaded.
    Failed {
        /// Why.
        cause: String,
    },
    /// A prediction took longer than its bound; the process is of no more use.
    Overdue,
    /// The process of the user's own code has loaded it.
    WorkerStarted {
        /// Its number.
        pid: u32,
        /// The version of its Python.
        python: String,
        /// How long that took.
        milliseconds: u64,
    },
    /// The process of the user's own code has ended, or could not be started.
    WorkerEnded {
        /// How.
        cause: String,
        /// When it is started again; never when `None`.
        #[serde(skip_serializing_if = "Option::is_none")]
        again_milliseconds: Option<u64>,
        /// What it printed last.
        printed: Vec<String>,
    },
    /// The user's own code printed a line.
    Printed {
        /// The line, or a piece of it.
        text: String,
    },
    /// An engine failed on a request that the model seemed to take.
    ModelFailed {
        /// What it says of it.
        cause: String,
    },
    /// The user's own code failed on a request, or could not be loaded.
    Raised {
        /// What it raised.
        cause: String,
        /// The file and the line.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// What Python says of it: the end.
        #[serde(skip_serializing_if = "Option::is_none")]
        traceback: Option<String>,
    },
    /// The host has stopped.
    Stopped,
    /// A request was answered.
    Request(Box<Visit>),
    /// Lines of requests found no room where these are written.
    LeftOut {
        /// How many.
        lines: u64,
    },
}

/// Who collects what is told: platforms look for the time, the level and the trace in fields of
/// their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Collector {
    /// Anybody.
    #[default]
    Plain,
    /// CloudWatch, for a Lambda function
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>).
    Lambda,
    /// Cloud Logging (<https://cloud.google.com/logging/docs/structured-logging>).
    Google {
        /// The project that traces are in, where it is known.
        project: Option<String>,
    },
    /// Application Insights.
    Azure,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It goes as it should.
    Fine,
    /// Somebody else did something wrong.
    Odd,
    /// Something is wrong here.
    Bad,
}

impl Notice {
    /// How bad it is.
    pub fn level(&self) -> Level {
        match self {
            Notice::Failed { .. }
            | Notice::Overdue
            | Notice::WorkerEnded { .. }
            | Notice::ModelFailed { .. }
            | Notice::Raised { .. } => Level::Bad,
            Notice::Retrying { .. } | Notice::LeftOut { .. } => Level::Odd,
            Notice::Request(visit) => visit.level(),
            _ => Level::Fine,
        }
    }

    /// One line of JSON, without its end.
    pub fn line(&self, collector: &Collector, now: SystemTime) -> String {
        let time = Moment::of(now).rfc3339();
        let (time_field, level_field, level) = match (collector, self.level()) {
            (Collector::Google { .. }, Level::Fine) => ("time", "severity", "INFO"),
            (Collector::Google { .. }, Level::Odd) => ("time", "severity", "WARNING"),
            (Collector::Google { .. }, Level::Bad) => ("time", "severity", "ERROR"),
            (Collector::Lambda, Level::Fine) => ("timestamp", "level", "INFO"),
            (Collector::Lambda, Level::Odd) => ("timestamp", "level", "WARN"),
            (Collector::Lambda, Level::Bad) => ("timestamp", "level", "ERROR"),
            (_, Level::Fine) => ("time", "level", "info"),
            (_, Level::Odd) => ("time", "level", "warn"),
            (_, Level::Bad) => ("time", "level", "error"),
        };
        // Text and numbers cannot fail to serialize.
        let rest = serde_json::to_string(self).unwrap_or_default();
        let rest = rest.strip_prefix('{').unwrap_or("}");
        format!(r#"{{"{time_field}":"{time}","{level_field}":"{level}",{rest}"#)
    }
}

/// The beginning of a text that takes so many bytes in JSON at most, its quotes left out.
#[cfg(feature = "worker")]
pub(crate) fn begin(text: &str, bytes: usize) -> &str {
    let mut room = bytes;
    let end = text.char_indices().find_map(|(at, character)| {
        let fits = room.checked_sub(in_json(character));
        room = fits.unwrap_or_default();
        fits.is_none().then_some(at)
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The end of a text that takes so many bytes in JSON at most, its quotes left out.
#[cfg(feature = "worker")]
pub(crate) fn tail(text: &str, bytes: usize) -> &str {
    let mut room = bytes;
    let start = text.char_indices().rev().find_map(|(at, character)| {
        let fits = room.checked_sub(in_json(character));
        room = fits.unwrap_or_default();
        fits.is_none().then_some(at + character.len_utf8())
    });
    start.and_then(|start| text.get(start..)).unwrap_or(text)
}

/// How many bytes a character takes in JSON.
#[cfg(feature = "worker")]
fn in_json(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

/// Tells the operator.
pub type Tell = fn(&Notice);

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[cfg(feature = "worker")]
    #[test]
    fn what_is_cut_fits_as_json() {
        let text = "a\"ü\u{1}\n€b".repeat(40);
        for bytes in 0..200 {
            for cut in [begin(&text, bytes), tail(&text, bytes)] {
                let length = serde_json::to_string(cut).unwrap().len() - 2;
                assert!(length <= bytes && length + 6 > bytes.min(100), "{bytes} {length}");
            }
            assert!(text.starts_with(begin(&text, bytes)) && text.ends_with(tail(&text, bytes)));
        }
        assert_eq!((begin("ab", 2), tail("ab", 2)), ("ab", "ab"));
    }

    #[test]
    fn each_collector_finds_its_fields() {
        let now = UNIX_EPOCH + Duration::from_millis(1_369_353_600_007);
        let notice = Notice::Failed { cause: "no \"model\"".into() };
        let rest = r#""event":"failed","cause":"no \"model\""}"#;
        for (collector, start) in [
            (Collector::Plain, r#"{"time":"2013-05-24T00:00:00.007Z","level":"error","#),
            (Collector::Lambda, r#"{"timestamp":"2013-05-24T00:00:00.007Z","level":"ERROR","#),
            (
                Collector::Google { project: None },
                r#"{"time":"2013-05-24T00:00:00.007Z","severity":"ERROR","#,
            ),
        ] {
            assert_eq!(notice.line(&collector, now), format!("{start}{rest}"));
        }
        let stopped = Notice::Stopped.line(&Collector::Plain, now);
        assert!(stopped.ends_with(r#""level":"info","event":"stopped"}"#), "{stopped}");
    }
}
