//! What a container wrote, as App Service kept it.

use azure_core::time::parse_rfc3339;
use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::arm::{Call, Id};
use crate::connect::Cloud;

/// The newest lines that `query` asks for, oldest first. Nothing when there are none.
pub(crate) async fn logs(
    cloud: &Cloud,
    site: &Id,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let call = Call { operation: "read the logs of", resource: site.name() };
    match cloud.arm.post_for_bytes(call, site, "containerlogs").await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        text => Ok(lines(&String::from_utf8_lossy(&text?), query)),
    }
}

/// Docker writes the time before each line. A line without belongs to the one before.
fn lines(text: &str, query: &LogQuery) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = Vec::new();
    for line in text.lines().map(|line| line.trim_start_matches('\u{feff}')) {
        let (time, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        match (at_ms(time), lines.last().map(|last| last.at_ms)) {
            (Some(at_ms), _) => lines.push(LogLine { at_ms, text: rest.to_owned() }),
            (None, Some(at_ms)) => lines.push(LogLine { at_ms, text: line.to_owned() }),
            (None, None) => {}
        }
    }
    lines.retain(|line| query.since_ms.is_none_or(|since| line.at_ms >= since));
    lines.sort_by_key(|line| line.at_ms);
    lines.split_off(lines.len().saturating_sub(query.limit))
}

fn at_ms(time: &str) -> Option<i64> {
    let time = parse_rfc3339(time).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_times_that_docker_wrote() {
        let text = "no time yet\n2026-11-21T09:00:00.123456789Z ready\n  more of it\n\
                    2026-11-21T09:00:01.5Z \n2026-11-21T09:00:00.2Z late\n";
        let all = LogQuery { since_ms: None, limit: 10 };
        let found = lines(text, &all);
        let start = 1_795_251_600_000;
        let times: Vec<i64> = found.iter().map(|line| line.at_ms - start).collect();
        assert_eq!(times, [123, 123, 200, 1500]);
        assert_eq!(found[0].text, "ready");
        assert_eq!(found[1].text, "  more of it");
        let newest = LogQuery { since_ms: Some(start + 150), limit: 1 };
        assert_eq!(lines(text, &newest), [LogLine { at_ms: start + 1500, text: String::new() }]);
        assert_eq!(lines("", &all), []);
    }
}
