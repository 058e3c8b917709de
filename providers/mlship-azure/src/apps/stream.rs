//! What the instances that run now have written: the only log that is there at once.
//!
//! Source: <https://learn.microsoft.com/azure/container-apps/log-streaming>, 2026-11-21.

use azure_core::time::parse_rfc3339;
use mlship_core::deployment::LogLine;
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::arm::{Call, Id};
use crate::connect::Cloud;
use mlship_registry::http;

/// The most lines that an instance is asked for.
/// Source: <https://learn.microsoft.com/cli/azure/containerapp/logs>, 2026-11-21.
const LINES: usize = 300;

/// The last lines of a revision's instances, oldest first; none when none runs.
pub(super) async fn tail(
    cloud: &Cloud,
    app: &Id,
    revision: &str,
    limit: usize,
) -> Result<Vec<LogLine>, ProviderError> {
    let call = Call { operation: "read the log of", resource: revision };
    let of = app.part("revisions", revision);
    let replicas = match cloud.arm.list(call, &of, "replicas", &[]).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(Vec::new()),
        replicas => replicas?,
    };
    let containers = replicas.iter().filter_map(|one| one["properties"]["containers"].as_array());
    let places: Vec<Url> = containers.flatten().filter_map(place).collect();
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let token = cloud.arm.post(call, app, "getAuthtoken", &Value::Null).await?;
    let token = token["properties"]["token"].as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for mut place in places {
        let tail = limit.clamp(1, LINES).to_string();
        place.query_pairs_mut().append_pair("follow", "false").append_pair("tailLines", &tail);
        let host = place.authority().to_owned();
        let path = format!("{}?{}", place.path(), place.query().unwrap_or_default());
        let request = cloud.web.request(Method::GET, &host, &path).bearer_auth(&token);
        let answer = cloud.web.accepted(call, request).await?;
        lines.extend(String::from_utf8_lossy(&answer.body).lines().map(line));
    }
    lines.sort_by_key(|line| line.at_ms);
    Ok(lines.split_off(lines.len().saturating_sub(limit)))
}

/// Where a container's log is; a token goes nowhere in the clear.
fn place(container: &Value) -> Option<Url> {
    let url: Url = container["logStreamEndpoint"].as_str()?.parse().ok()?;
    (url.scheme() == "https" || http::is_local(&url)).then_some(url)
}

/// A line as it comes: JSON with its time, or the time before it, or nothing but words.
fn line(text: &str) -> LogLine {
    let read: Value = serde_json::from_str(text).unwrap_or_default();
    if let (Some(at), Some(log)) =
        (read["TimeStamp"].as_str().and_then(moment), read["Log"].as_str())
    {
        return LogLine { at_ms: at, text: log.trim_end().to_owned() };
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    match moment(first) {
        Some(at_ms) => LogLine { at_ms, text: rest.to_owned() },
        None => LogLine { at_ms: 0, text: text.to_owned() },
    }
}

fn moment(text: &str) -> Option<i64> {
    let at = parse_rfc3339(text).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
