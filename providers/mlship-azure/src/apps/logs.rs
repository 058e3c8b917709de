//! What an app wrote: out of the workspace of its environment, and what is too new to be there yet
//! from the instances that run.
//!
//! Source: <https://learn.microsoft.com/azure/container-apps/log-monitoring>, 2026-11-21.

use azure_core::time::{OffsetDateTime, parse_rfc3339, to_rfc3339};
use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use super::found::App;
use super::stream;
use crate::arm::Call;
use crate::connect::Cloud;
use crate::names::Place;
use crate::surroundings;

/// The most lines that one question is answered with.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits>, 2026-11-20.
const LINES: usize = 500_000;

/// The newest lines that `query` asks for, oldest first.
pub(super) async fn logs(
    cloud: &Cloud,
    place: &Place,
    app: &App,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let mut lines = kept(cloud, place, app, query).await?;
    // The workspace hears of a line some minutes later.
    let from = lines.last().map(|line| line.at_ms + 1).or(query.since_ms);
    for revision in app.revisions.iter().filter(|revision| revision.is_active) {
        let new = stream::tail(cloud, &app.id, &revision.name, query.limit).await?;
        lines.extend(new.into_iter().filter(|line| from.is_none_or(|from| line.at_ms >= from)));
    }
    lines.sort_by_key(|line| line.at_ms);
    Ok(lines.split_off(lines.len().saturating_sub(query.limit)))
}

async fn kept(
    cloud: &Cloud,
    place: &Place,
    app: &App,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let workspace = surroundings::workspace(place, &cloud.config).id;
    let call = Call { operation: "read the logs of", resource: app.id.name() };
    let body = json!({"query": question(app.id.name(), query)});
    match cloud.arm.post(call, &workspace, "query", &body).await {
        // Without a workspace there is nothing; and the table is not there before its first line.
        Err(error) if [ErrorKind::NotFound, ErrorKind::Refused].contains(&error.kind) => {
            Ok(Vec::new())
        }
        found => {
            let mut lines = lines(&found?);
            lines.sort_by_key(|line| line.at_ms);
            Ok(lines)
        }
    }
}

/// In the language of logs.
fn question(app: &str, query: &LogQuery) -> String {
    let since = query.since_ms.and_then(moment);
    let since =
        since.map_or(String::new(), |since| format!(" | where TimeGenerated >= datetime({since})"));
    let limit = query.limit.clamp(1, LINES);
    format!(
        "ContainerAppConsoleLogs_CL | where ContainerAppName_s == \"{app}\"{since} \
         | top {limit} by TimeGenerated desc | project TimeGenerated, Log_s"
    )
}

fn moment(at_ms: i64) -> Option<String> {
    let nanos = i128::from(at_ms.max(0)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().map(|at| to_rfc3339(&at))
}

/// Out of a table whose columns are named; their order is Azure's.
fn lines(found: &Value) -> Vec<LogLine> {
    let table = &found["tables"][0];
    let column = |name: &str| {
        let columns = table["columns"].as_array()?;
        columns.iter().position(|column| column["name"] == name)
    };
    let (Some(at), Some(text)) = (column("TimeGenerated"), column("Log_s")) else {
        return Vec::new();
    };
    let rows = table["rows"].as_array().into_iter().flatten();
    rows.filter_map(|row| line(row[at].as_str()?, row[text].as_str()?)).collect()
}

fn line(at: &str, text: &str) -> Option<LogLine> {
    let at = parse_rfc3339(at).ok()?;
    let at_ms = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?;
    Some(LogLine { at_ms, text: text.trim_end_matches(['\n', '\r']).to_owned() })
}
