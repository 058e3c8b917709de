//! A refusal as it came, whichever API and client it came through.
//! Source: <https://google.aip.dev/193>.

use serde_json::Value;

/// The most reasons of one refusal that are looked at.
const MOST: usize = 20;

/// What an API said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Status of the answer, if it was one.
    pub(super) http: Option<u16>,
    /// `PERMISSION_DENIED`, ….
    pub(super) code: String,
    pub(super) message: String,
    /// Machine-readable ones.
    pub(super) reasons: Vec<Reason>,
}

/// Why, for machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reason {
    /// `SERVICE_DISABLED`, ….
    pub(super) name: String,
    metadata: Value,
}

impl Refusal {
    /// The body of an answer.
    pub(super) fn of_answer(http: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        // An operation's page may have it one deeper, in a list.
        let error = if body.is_array() { &body[0]["error"] } else { &body["error"] };
        match error.is_object() {
            true => Self { http: Some(http), ..Self::of_status(Some(http), error) },
            // The token server's own way.
            false => Self {
                http: Some(http),
                message: text(&body["error_description"]),
                ..Self::default()
            },
        }
    }

    /// A `google.rpc.Status`, or the `error` of an answer.
    pub(super) fn of_status(http: Option<u16>, status: &Value) -> Self {
        let details = status["details"].as_array().map(Vec::as_slice).unwrap_or_default();
        let older = status["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let reasons = details.iter().chain(older).take(MOST).filter_map(Reason::read);
        let code = match &status["status"] {
            Value::String(name) => name.clone(),
            _ => status["code"].as_u64().map(name).unwrap_or_default().to_owned(),
        };
        let mut message = text(&status["message"]);
        for violation in details.iter().take(MOST).flat_map(violations).take(MOST) {
            if !message.contains(&violation) {
                message = format!("{message} {violation}");
            }
        }
        Self { http, code, message, reasons: reasons.collect() }
    }

    /// What is said beside the first of these reasons.
    pub(super) fn reason(&self, names: &[&str]) -> Option<&Reason> {
        self.reasons.iter().find(|reason| names.contains(&reason.name.as_str()))
    }

    /// The first of the values under one of these keys.
    pub(super) fn said(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.reasons.iter().find_map(|reason| reason.said(key)))
    }

    /// Whether the message has one of these words; capitals do not matter.
    pub(super) fn speaks(&self, words: &[&str]) -> bool {
        let message = self.message.to_ascii_lowercase();
        words.iter().any(|word| message.contains(word))
    }

    /// What stands in the message behind some words, up to the next space or quote.
    pub(super) fn word_after(&self, before: &str) -> Option<&str> {
        let rest = self.message.split_once(before)?.1.trim_start_matches(['\'', '"', '`', ' ']);
        let end = rest.find(|c: char| c.is_whitespace() || "'\"`,;()".contains(c));
        let word = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ':']);
        (!word.is_empty()).then_some(word)
    }
}

impl Reason {
    fn read(detail: &Value) -> Option<Self> {
        let name = detail["reason"].as_str()?.to_owned();
        Some(Self { name, metadata: detail["metadata"].clone() })
    }

    pub(super) fn said(&self, key: &str) -> Option<String> {
        self.metadata[key].as_str().filter(|said| !said.is_empty()).map(str::to_owned)
    }
}

/// What is wrong with a field, a quota or a condition, in words.
fn violations(detail: &Value) -> impl Iterator<Item = String> {
    let lists = ["fieldViolations", "violations"];
    let found = lists.into_iter().filter_map(|key| detail[key].as_array()).flatten();
    found.filter_map(|one| {
        let words = one["description"].as_str()?;
        Some(match one["field"].as_str() {
            Some(field) if !field.is_empty() => format!("{field}: {words}"),
            _ => words.to_owned(),
        })
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The name of a number of `google.rpc.Code`.
fn name(code: u64) -> &'static str {
    i32::try_from(code).map_or("", |code| google_cloud_gax::error::rpc::Code::from(code).name())
}
