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
            Notice::Failed { .. } | Notice::Overdue => Level::Bad,
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

/// Tells the operator.
pub type Tell = fn(&Notice);

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

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
