//! What functions wrote, out of their Application Insights component.
//!
//! Source: <https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete>.

use azure_core::time::{OffsetDateTime, parse_rfc3339};
use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::arm::Call;
use crate::connect::Cloud;
use crate::names::Place;
use crate::surroundings::insights_id;
use mlship_core::stamp::rfc3339;

/// The most lines that one question is answered with.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits>, 2026-11-20.
const LINES: usize = 500_000;

/// The newest lines that `query` asks for, oldest first. Nothing when there is no component.
pub(crate) async fn logs(
    cloud: &Cloud,
    name: &str,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let place = Place::of(&cloud.subscription, &cloud.config, name);
    let component = insights_id(&place);
    let call = Call { operation: "read the logs of", resource: name };
    let body = json!({"query": question(query)});
    let found = match cloud.arm.post(call, &component, "query", &body).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let mut lines = lines(&found);
    lines.retain(|line| query.since_ms.is_none_or(|since| line.at_ms >= since));
    lines.sort_by_key(|line| line.at_ms);
    Ok(lines.split_off(lines.len().saturating_sub(query.limit)))
}

/// In the language of logs: what the program wrote, what failed, and every request.
fn question(query: &LogQuery) -> String {
    let since = query.since_ms.and_then(|since| {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(since.max(0)) * 1_000_000).ok()
    });
    let since = since.map_or(String::new(), |since| {
        format!(" | where timestamp >= datetime({})", rfc3339(since.into()))
    });
    let limit = query.limit.clamp(1, LINES);
    format!(
        "traces | project timestamp, message \
         | union (exceptions | project timestamp, message = strcat(type, \": \", outerMessage)), \
         (requests | project timestamp, message = strcat(name, \" \", resultCode, \" in \", \
         tostring(duration), \" ms\")){since} \
         | top {limit} by timestamp desc | order by timestamp asc"
    )
}

/// Out of a table whose columns are named; their order is Azure's.
fn lines(found: &Value) -> Vec<LogLine> {
    let table = &found["tables"][0];
    let column = |name: &str| {
        let columns = table["columns"].as_array()?;
        columns.iter().position(|column| column["name"] == name)
    };
    let (Some(at), Some(text)) = (column("timestamp"), column("message")) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns() {
        let found = json!({"tables": [{
            "columns": [{"name": "message"}, {"name": "timestamp"}],
            "rows": [
                ["ready\n", "2026-11-21T09:00:00.1234567Z"],
                [null, "2026-11-21T09:00:00Z"],
                ["when?", "yesterday"],
            ],
        }]});
        let expected = LogLine { at_ms: 1_795_251_600_123, text: "ready".into() };
        assert_eq!(lines(&found), [expected]);
        assert_eq!(lines(&json!({"error": "x"})), []);
    }

    #[test]
    fn a_question_has_its_start_and_its_limit() {
        let asked = question(&LogQuery { since_ms: Some(1_700_000_000_000), limit: 7 });
        assert!(asked.contains("timestamp >= datetime(2023-11-14T22:13:20.000Z)"), "{asked}");
        assert!(asked.contains("top 7 by timestamp desc"), "{asked}");
        assert!(!question(&LogQuery { since_ms: None, limit: 0 }).contains("where"));
    }
}
