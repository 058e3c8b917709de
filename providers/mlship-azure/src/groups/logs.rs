//! What the container of a group wrote since it was started last: Azure keeps no more.

use azure_core::time::parse_rfc3339;
use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::ProviderError;

use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::containers::CONTAINER;

/// The newest lines that `query` asks for, oldest first.
pub(super) async fn logs(
    cloud: &Cloud,
    group: &Id,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let mut lines = read(cloud, group, None).await?;
    lines.retain(|line| query.since_ms.is_none_or(|since| line.at_ms >= since));
    Ok(lines.split_off(lines.len().saturating_sub(query.limit)))
}

/// The last lines.
pub(super) async fn tail(
    cloud: &Cloud,
    group: &Id,
    lines: usize,
) -> Result<Vec<LogLine>, ProviderError> {
    read(cloud, group, Some(lines)).await
}

async fn read(
    cloud: &Cloud,
    group: &Id,
    tail: Option<usize>,
) -> Result<Vec<LogLine>, ProviderError> {
    let call = Call { operation: "read the logs of", resource: group.name() };
    let id = Id::of(format!("{}/logs", group.part("containers", CONTAINER)));
    let tail = tail.map(|tail| tail.to_string());
    let mut query = vec![("timestamps", "true")];
    query.extend(tail.as_deref().map(|tail| ("tail", tail)));
    let found = cloud.arm.glance(call, &id, &query).await?.unwrap_or_default();
    let mut lines: Vec<LogLine> =
        found["content"].as_str().unwrap_or_default().lines().map(line).collect();
    lines.sort_by_key(|line| line.at_ms);
    Ok(lines)
}

/// A line with its time before it; without one it is as old as can be.
fn line(text: &str) -> LogLine {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let at = parse_rfc3339(first).ok();
    match at.and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()) {
        Some(at_ms) => LogLine { at_ms, text: rest.to_owned() },
        None => LogLine { at_ms: 0, text: text.to_owned() },
    }
}
