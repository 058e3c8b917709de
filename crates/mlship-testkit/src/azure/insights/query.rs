//! Answers queries with the lines that were logged.

use serde_json::{Value, json};

use super::stages::{self, Table};
use super::time::{length, moment, now, parse};
use crate::azure::error::error;
use crate::azure::http::Response;
use crate::azure::resource_type::Act;
use crate::azure::state::{Resource, State};

/// Tables of lines, and the columns for their time, their text, and the name of what wrote them.
const LINES: [(&str, [&str; 3]); 5] = [
    ("AppTraces", ["TimeGenerated", "Message", "AppRoleName"]),
    ("traces", ["timestamp", "message", "cloud_RoleName"]),
    ("ContainerAppConsoleLogs_CL", ["TimeGenerated", "Log_s", "ContainerAppName_s"]),
    ("ContainerAppConsoleLogs", ["TimeGenerated", "Log", "ContainerAppName"]),
    ("ContainerInstanceLog_CL", ["TimeGenerated", "Message", "ContainerGroup_s"]),
];

/// Tables that are there and empty.
const EMPTY: [(&str, &[&str]); 4] = [
    ("requests", &["timestamp", "name", "resultCode", "duration", "success", "cloud_RoleName"]),
    ("exceptions", &["timestamp", "type", "outerMessage", "cloud_RoleName"]),
    ("AppRequests", &["TimeGenerated", "Name", "ResultCode", "DurationMs", "AppRoleName"]),
    ("AppExceptions", &["TimeGenerated", "ExceptionType", "OuterMessage", "AppRoleName"]),
];

/// Answers for a workspace or a component. Lines belong to it when they were logged for itself,
/// for one of `components`, or for something whose settings or environment name it.
pub(super) fn answer(state: &State, act: &Act<'_>, components: &[Resource]) -> Response {
    let sent = act.request.json();
    let text =
        |name: &str| sent[name].as_str().map(str::to_owned).or_else(|| act.request.query(name));
    let Some(query) = text("query") else {
        return bad("there is no query");
    };
    let span = match text("timespan").as_deref().map(timespan) {
        None => (i64::MIN, i64::MAX),
        Some(Some(span)) => span,
        Some(None) => return bad("the timespan is none"),
    };
    let mut lines: Vec<&(String, i64, String)> = state
        .lines
        .iter()
        .filter(|line| (span.0..=span.1).contains(&line.1))
        .filter(|line| belongs(state, &act.id.key(), components, &line.0))
        .collect();
    lines.sort_by_key(|line| line.1);
    match stages::answer(&query, &|name| named(name, &lines)) {
        Ok(table) => Response::json(200, &shape(act, &table)),
        Err(why) => bad(&why),
    }
}

fn named(name: &str, lines: &[&(String, i64, String)]) -> Option<Table> {
    let own = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
    if let Some((_, columns)) = EMPTY.iter().find(|(table, _)| *table == name) {
        return Some(Table { columns: own(columns), rows: Vec::new() });
    }
    let (_, columns) = LINES.iter().find(|(table, _)| *table == name)?;
    let row = |line: &&(String, i64, String)| {
        let writer = line.0.rsplit('/').next().unwrap_or_default().to_owned();
        vec![moment(line.1), line.2.clone(), writer]
    };
    Some(Table { columns: own(columns), rows: lines.iter().map(row).collect() })
}

fn bad(why: &str) -> Response {
    let message = format!("The request had some invalid properties: {why}");
    error(400, "BadArgumentError", &message)
}

/// `PT1H`, or two moments with a slash between.
fn timespan(text: &str) -> Option<(i64, i64)> {
    match text.split_once('/') {
        Some((from, to)) => Some((parse(from)?, parse(to)?)),
        None => Some((now() - length(text)?, i64::MAX)),
    }
}

/// The old path answers in the old shape, unless it is asked for the new one.
fn shape(act: &Act<'_>, table: &Table) -> Value {
    let time = ["TimeGenerated", "timestamp"];
    let kind = |name: &String| if time.contains(&name.as_str()) { "datetime" } else { "string" };
    let prefers = act.request.header("prefer").unwrap_or_default().contains("response-v1=true");
    let columns = table.columns.iter();
    if act.words.len() == 2 && !prefers {
        let old = columns.map(
            |name| json!({"ColumnName": name, "DataType": kind(name), "ColumnType": kind(name)}),
        );
        let old: Vec<Value> = old.collect();
        return json!({"Tables": [{"TableName": "Table_0", "Columns": old, "Rows": table.rows}]});
    }
    let new: Vec<Value> = columns.map(|name| json!({"name": name, "type": kind(name)})).collect();
    json!({"tables": [{"name": "PrimaryResult", "columns": new, "rows": table.rows}]})
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
