//! What a runtime tells its operator, a line of JSON each, for people: the fields are those of
//! `docs/reference/runtime.md`.

use serde_json::{Map, Value};

/// Fields that are of no use behind a line's own time, or are said first.
const KNOWN: [&str; 6] =
    ["time", "timestamp", "level", "severity", "event", "logging.googleapis.com/trace"];

/// One of its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice(Map<String, Value>);

impl Notice {
    /// `None` for a line of anybody else.
    pub fn of(line: &str) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return None };
        fields.get("event").is_some_and(Value::is_string).then_some(Self(fields))
    }

    /// What happened: `ready`, `failed`, `raised`, `request` …
    pub fn event(&self) -> &str {
        self.field("event").unwrap_or_default()
    }

    /// How bad it is, where it is: `error` or `warning`.
    pub fn level(&self) -> Option<&'static str> {
        let level = self.field("level").or(self.field("severity"))?.to_ascii_lowercase();
        ["error", "warning"].into_iter().find(|known| known.starts_with(level.as_str()))
    }

    /// Why, where it says so: of what the user's own code raised, with the file and the line.
    pub fn cause(&self) -> Option<String> {
        let last = self.field("traceback").and_then(|told| told.trim_end().lines().next_back());
        match (self.field("at"), last) {
            (Some(at), Some(last)) => Some(format!("{at}: {last}")),
            _ => self.field("cause").map(str::to_owned),
        }
    }

    /// What Python says of what was raised: lines.
    pub fn traceback(&self) -> Option<&str> {
        self.field("traceback").map(str::trim_end)
    }

    /// All of it in a line, and a traceback in lines of its own behind it.
    pub fn text(&self) -> String {
        let level = self.level().map(|level| format!("{level}: ")).unwrap_or_default();
        let told = match self.event() {
            "printed" => return self.field("text").unwrap_or_default().to_owned(),
            "raised" => self.cause().unwrap_or_default(),
            "failed" => format!("failed: {}", self.cause().unwrap_or_default()),
            "request" => self.request(),
            event => format!("{event}{}", self.others(&[])),
        };
        let below = self.traceback().unwrap_or_default().lines();
        below.fold(format!("{level}{told}"), |text, line| format!("{text}\n  {line}"))
    }

    fn request(&self) -> String {
        let first = ["method", "route", "status"];
        let said = first.map(|field| self.0.get(field).map(plain).unwrap_or_default()).join(" ");
        said + &self.others(&first)
    }

    /// ` name=value` for each field that was not said.
    fn others(&self, said: &[&str]) -> String {
        let others = self
            .0
            .iter()
            .filter(|(name, _)| !KNOWN.contains(&name.as_str()) && !said.contains(&name.as_str()));
        others.map(|(name, value)| format!(" {name}={}", plain(value))).collect()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// A line of a log in words: as it is, where it is no runtime's.
pub fn words(line: &str) -> String {
    Notice::of(line).map_or_else(|| line.to_owned(), |notice| notice.text())
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> String {
        Notice::of(line).unwrap().text()
    }

    #[test]
    fn each_is_put_in_words() {
        for (line, expected) in [
            (
                r#"{"time":"t","level":"info","event":"ready","milliseconds":12}"#,
                "ready milliseconds=12",
            ),
            (r#"{"timestamp":"t","level":"info","event":"printed","text":"{}"}"#, "{}"),
            (
                r#"{"severity":"ERROR","event":"failed","cause":"no model"}"#,
                "error: failed: no model",
            ),
            (
                r#"{"level":"warn","event":"request","request_id":"7","method":"POST",
                    "route":"/predict","status":422,"milliseconds":1.5,"problem":"not-json"}"#,
                "warning: POST /predict 422 request_id=7 milliseconds=1.5 problem=not-json",
            ),
            (
                r#"{"level":"error","event":"raised","cause":"it raised","at":"app.py:3",
                    "traceback":"Traceback:\n  File\nKeyError: 'km'\n"}"#,
                "error: app.py:3: KeyError: 'km'\n  Traceback:\n    File\n  KeyError: 'km'",
            ),
        ] {
            assert_eq!(text(line), expected);
        }
    }

    #[test]
    fn what_others_write_is_no_notice() {
        for line in ["", "ready", "{}", r#"{"event":1}"#, "[1]", r#"{"event":"#] {
            assert_eq!(Notice::of(line), None, "{line}");
        }
    }
}
