//! What a service wrote, out of the project's log.

use std::time::{Duration, UNIX_EPOCH};

use google_cloud_wkt::Timestamp;
use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::ProviderError;
use mlship_core::stamp::rfc3339;

use crate::connect::Cloud;
use crate::names::Place;
use crate::rest::logging::{Entry, Wanted};

/// The newest lines that `query` asks for, oldest first.
pub(crate) async fn logs(
    cloud: &Cloud,
    place: &Place,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let since = query.since_ms.map(|at_ms| {
        rfc3339(UNIX_EPOCH + Duration::from_millis(u64::try_from(at_ms).unwrap_or(0)))
    });
    let mut lines = of(cloud, place, None, since.as_deref(), query.limit).await?;
    lines.sort_by_key(|line| line.at_ms);
    Ok(lines.split_off(lines.len().saturating_sub(query.limit)))
}

/// The last lines of one revision.
pub(crate) async fn tail(
    cloud: &Cloud,
    place: &Place,
    revision: &str,
    limit: usize,
) -> Result<Vec<LogLine>, ProviderError> {
    of(cloud, place, Some(revision), None, limit).await
}

async fn of(
    cloud: &Cloud,
    place: &Place,
    revision: Option<&str>,
    since: Option<&str>,
    limit: usize,
) -> Result<Vec<LogLine>, ProviderError> {
    let Place { project, region, service, .. } = place;
    let entries =
        cloud.rest.log(Wanted { project, region, service, revision, since, limit }).await?;
    Ok(entries.iter().flat_map(lines).collect())
}

/// An entry may be several lines.
fn lines(entry: &Entry) -> Vec<LogLine> {
    let at = Timestamp::try_from(entry.at.as_str());
    let at_ms = at.map_or(0, |at| at.seconds() * 1000 + i64::from(at.nanos()) / 1_000_000);
    entry.text.lines().map(|text| LogLine { at_ms, text: text.to_owned() }).collect()
}
