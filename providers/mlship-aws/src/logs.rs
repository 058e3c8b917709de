//! What a function wrote, out of its log group.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::ProviderError;

use crate::connect::Clients;
use crate::error::Outcome;
use crate::names;

/// How many pages of up to 10,000 lines are read at most.
const PAGES: u32 = 50;
const HOUR_MS: i64 = 3_600_000;
/// AWS can only read forwards. Without a start, wider and wider windows are tried.
const WINDOWS_H: [i64; 3] = [1, 24, 24 * 14];

/// The newest lines that `query` asks for, oldest first. Nothing when there is no log group.
///
/// Who asks again from the time of the last line on gets the lines of that millisecond again,
/// with those that came since: lines of one time are in the order of their instances, and those
/// of one instance in the order in which they were written.
pub(crate) async fn logs(
    clients: &Clients,
    name: &str,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    if query.since_ms.is_some() {
        return read(clients, name, query.since_ms, query.limit).await;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    for hours in WINDOWS_H {
        let lines = read(clients, name, Some(now - hours * HOUR_MS), query.limit).await?;
        if lines.len() >= query.limit {
            return Ok(lines);
        }
    }
    read(clients, name, None, query.limit).await
}

async fn read(
    clients: &Clients,
    name: &str,
    since_ms: Option<i64>,
    limit: usize,
) -> Result<Vec<LogLine>, ProviderError> {
    let group = names::log_group(name);
    let call = clients.logs.filter_log_events().log_group_name(&group);
    let call = call.set_start_time(since_ms.map(|since| since.max(0)));
    let mut lines: VecDeque<(i64, String, String)> = VecDeque::new();
    let mut token = None;
    for _ in 0..PAGES {
        let page = call.clone().set_next_token(token.take()).send().await;
        let Some(page) = page.if_there("read the logs of", name)? else { break };
        for event in page.events() {
            let text = event.message().unwrap_or_default().trim_end_matches(['\n', '\r']);
            let at_ms = event.timestamp().unwrap_or_default();
            let stream = event.log_stream_name().unwrap_or_default().to_owned();
            lines.push_back((at_ms, stream, text.to_owned()));
            if lines.len() > limit {
                lines.pop_front();
            }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let mut lines = Vec::from(lines);
    lines.sort_by(|(at, stream, _), (other, after, _)| (at, stream).cmp(&(other, after)));
    Ok(lines.into_iter().map(|(at_ms, _, text)| LogLine { at_ms, text }).collect())
}
