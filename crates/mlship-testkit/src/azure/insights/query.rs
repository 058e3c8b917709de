//! Answers queries with the lines that were logged.

use serde_json::{Value, json};

use crate::azure::error::error;
use crate::azure::http::Response;
use crate::azure::resource_type::Act;
use crate::azure::state::{Resource, State};

/// Tables and the columns that lines have in them: time, text, and the name of what wrote it.
const TABLES: [(&str, [&str; 3]); 5] = [
    ("AppTraces", ["TimeGenerated", "Message", "AppRoleName"]),
    ("traces", ["timestamp", "message", "cloud_RoleName"]),
    ("ContainerAppConsoleLogs_CL", ["TimeGenerated", "Log_s", "ContainerAppName_s"]),
    ("ContainerAppConsoleLogs", ["TimeGenerated", "Log", "ContainerAppName"]),
    ("ContainerInstanceLog_CL", ["TimeGenerated", "Message", "ContainerGroup_s"]),
];

/// Answers for a workspace or a component. Lines belong to it when they were logged for itself,
/// for one of `components`, or for something whose settings or environment name it.
pub(super) fn answer(state: &State, act: &Act<'_>, components: &[Resource]) -> Response {
    let sent = act.request.json();
    let text =
        |name: &str| sent[name].as_str().map(str::to_owned).or_else(|| act.request.query(name));
    let Some(query) = text("query") else {
        let message = "The request had some invalid properties";
        return error(400, "BadArgumentError", message);
    };
    let Some((_, columns)) = TABLES.iter().find(|(table, _)| starts_with(&query, table)) else {
        let message = "The request had some invalid properties: the query names no known table";
        return error(400, "BadArgumentError", message);
    };
    let mut lines: Vec<&(String, i64, String)> = state
        .lines
        .iter()
        .filter(|line| belongs(state, &act.id.key(), components, &line.0))
        .collect();
    lines.sort_by_key(|line| line.1);
    let row = |line: &&(String, i64, String)| {
        json!([moment(line.1), line.2, line.0.rsplit('/').next().unwrap_or_default()])
    };
    let rows: Vec<Value> = lines.iter().map(row).collect();
    Response::json(200, &table(act, columns, rows))
}

/// The old path answers in the old shape, unless it is asked for the new one.
fn table(act: &Act<'_>, columns: &[&str; 3], rows: Vec<Value>) -> Value {
    let kinds = ["datetime", "string", "string"];
    let prefers = act.request.header("prefer").unwrap_or_default().contains("response-v1=true");
    let columns = columns.iter().zip(kinds);
    if act.words.len() == 2 && !prefers {
        let old = columns
            .map(|(name, kind)| json!({"ColumnName": name, "DataType": kind, "ColumnType": kind}));
        let old: Vec<Value> = old.collect();
        return json!({"Tables": [{"TableName": "Table_0", "Columns": old, "Rows": rows}]});
    }
    let new: Vec<Value> = columns.map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    json!({"tables": [{"name": "PrimaryResult", "columns": new, "rows": rows}]})
}

fn starts_with(query: &str, table: &str) -> bool {
    let first = query.trim_start();
    let after = first.strip_prefix(table);
    after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn belongs(state: &State, id: &str, components: &[Resource], line: &str) -> bool {
    if line == id || components.iter().any(|component| component.id.key() == line) {
        return true;
    }
    let Some(writer) = state.get(line) else { return false };
    let kept = format!("{} {}", writer.body, serde_json::Value::Object(writer.hidden.clone()));
    let names = |text: &str| !text.is_empty() && kept.contains(text);
    let customer = state.get(id).map(|found| found.text("/properties/customerId").to_owned());
    names(&customer.unwrap_or_default())
        || components
            .iter()
            .any(|component| names(component.text("/properties/InstrumentationKey")))
        || environment(state, writer).is_some_and(|found| names_workspace(found, id, state))
}

/// The managed environment that a container app is in.
fn environment<'a>(state: &'a State, writer: &Resource) -> Option<&'a Resource> {
    let id = ["/properties/environmentId", "/properties/managedEnvironmentId"]
        .into_iter()
        .map(|pointer| writer.text(pointer))
        .find(|id| !id.is_empty())?;
    state.get(id)
}

fn names_workspace(environment: &Resource, id: &str, state: &State) -> bool {
    let customer = state.get(id).map(|found| found.text("/properties/customerId"));
    let text = environment.body.to_string();
    customer.is_some_and(|customer| !customer.is_empty() && text.contains(customer))
}

/// Milliseconds since 1970 as queries answer times.
fn moment(at_ms: i64) -> String {
    let (days, rest) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (seconds, ms) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The civil date so many days after 1970-01-01; eras of 400 years begin in March.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil_dates() {
        assert_eq!(moment(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999Z");
    }
}
