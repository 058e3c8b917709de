//! Cloud Logging: what a service wrote.

use mlship_core::provider::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Rest};
use crate::error::Call;

/// The most entries of one call.
const PAGE: u32 = 1000;
/// The most calls for one answer: a filter may match little of much.
const MOST_PAGES: usize = 50;

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    /// What was written, one or more lines.
    pub(crate) text: String,
    /// The revision that wrote it.
    pub(crate) revision: Option<String>,
}

/// Which entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) project: &'a str,
    pub(crate) region: &'a str,
    /// The Cloud Run service's short name.
    pub(crate) service: &'a str,
    /// Of one revision alone.
    pub(crate) revision: Option<&'a str>,
    /// RFC 3339; not before it.
    pub(crate) since: Option<&'a str>,
    /// The newest so many.
    pub(crate) limit: usize,
}

impl Rest {
    /// The newest entries of a service, the oldest of them first.
    pub(crate) async fn log(&self, wanted: Wanted<'_>) -> Result<Vec<Entry>, ProviderError> {
        let call = Call::new("read the log of", wanted.service);
        let mut body = json!({
            "resourceNames": [format!("projects/{}", wanted.project)],
            "filter": wanted.filter(),
            "orderBy": "timestamp desc",
            "pageSize": u32::try_from(wanted.limit).unwrap_or(PAGE).clamp(1, PAGE),
        });
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let to = (Method::POST, Api::Logging, "v2/entries:list");
            let page = self.call(call, to, &[], Some(&body)).await?;
            let entries = page["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
            found.extend(entries.iter().filter_map(Entry::read));
            let next = page["nextPageToken"].as_str().unwrap_or_default();
            if found.len() >= wanted.limit || next.is_empty() {
                break;
            }
            body["pageToken"] = next.into();
        }
        found.truncate(wanted.limit);
        found.reverse();
        Ok(found)
    }
}

impl Wanted<'_> {
    /// In the language of the log. Names are checked before; quotes are escaped all the same.
    fn filter(&self) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let mut parts = vec![
            r#"resource.type="cloud_run_revision""#.to_owned(),
            format!("resource.labels.service_name={}", quoted(self.service)),
            format!("resource.labels.location={}", quoted(self.region)),
        ];
        if let Some(revision) = self.revision {
            parts.push(format!("resource.labels.revision_name={}", quoted(revision)));
        }
        if let Some(since) = self.since {
            parts.push(format!("timestamp>={}", quoted(since)));
        }
        parts.join(" AND ")
    }
}

impl Entry {
    /// Requests and audit entries have no words of the service's own.
    fn read(entry: &Value) -> Option<Self> {
        let json = &entry["jsonPayload"];
        let text = match (entry["textPayload"].as_str(), json["message"].as_str()) {
            (Some(text), _) | (None, Some(text)) => text.to_owned(),
            (None, None) if json.is_object() => json.to_string(),
            (None, None) => return None,
        };
        let revision = entry["resource"]["labels"]["revision_name"].as_str();
        Some(Self {
            at: entry["timestamp"].as_str()?.to_owned(),
            text: text.trim_end_matches('\n').to_owned(),
            revision: revision.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_names_the_service_and_the_time() {
        let wanted = Wanted {
            project: "p",
            region: "europe-west1",
            service: "he\"art",
            revision: Some("heart-v1"),
            since: Some("2026-11-21T09:00:00Z"),
            limit: 9,
        };
        assert_eq!(
            wanted.filter(),
            "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"he\\\"art\" \
             AND resource.labels.location=\"europe-west1\" AND \
             resource.labels.revision_name=\"heart-v1\" AND timestamp>=\"2026-11-21T09:00:00Z\""
        );
    }

    #[test]
    fn the_words_are_those_of_the_service() {
        let entry = |payload: Value| {
            let mut entry = json!({ "timestamp": "2026-11-21T09:00:00Z" });
            let Value::Object(payload) = payload else { panic!("an object") };
            entry.as_object_mut().expect("an object").extend(payload);
            Entry::read(&entry).map(|entry| entry.text)
        };
        assert_eq!(entry(json!({ "textPayload": "a\nb\n" })).as_deref(), Some("a\nb"));
        let message = json!({ "jsonPayload": { "message": "hi", "x": 1 } });
        assert_eq!(entry(message).as_deref(), Some("hi"));
        let other = json!({ "jsonPayload": { "x": 1 } });
        assert_eq!(entry(other).as_deref(), Some(r#"{"x":1}"#));
        assert_eq!(entry(json!({ "httpRequest": { "status": 200 } })), None);
    }
}
