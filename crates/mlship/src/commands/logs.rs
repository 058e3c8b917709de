//! `mlship logs`: what the service wrote.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use mlship_core::deployment::LogQuery;
use serde_json::json;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::render;

/// `mlship logs`
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// Only lines of the last so long: 30s, 10m, 2h, 7d
    #[arg(long, env = "MLSHIP_SINCE", value_name = "AGE", value_parser = age_ms)]
    since: Option<i64>,
    /// At most so many lines, the newest
    #[arg(long, short = 'n', env = "MLSHIP_LIMIT", default_value = "100", value_name = "LINES")]
    limit: usize,
}

pub(crate) fn run(context: &Context, args: LogsArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let connection = providers::connect(&args.provider.provider, &loaded)?;
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    let query = LogQuery { since_ms: args.since.map(|age| now_ms - age), limit: args.limit };
    let lines = connection.wait(connection.provider.logs(&loaded.project.name.value, &query))?;
    let text: String = lines.iter().map(render::log_line).collect();
    context.answer("mlship/logs/1", &json!({"lines": lines}), &text);
    Ok(())
}

/// `10m` to milliseconds.
fn age_ms(text: &str) -> Result<i64, String> {
    let units = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
    units
        .iter()
        .find_map(|(unit, ms)| Some((text.strip_suffix(*unit)?, ms)))
        .and_then(|(number, ms)| number.parse::<u32>().ok().map(|number| i64::from(number) * ms))
        .ok_or_else(|| "write a whole number and a unit: 30s, 10m, 2h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::age_ms;

    #[test]
    fn ages_have_a_number_and_a_unit() {
        assert_eq!(age_ms("10m"), Ok(600_000));
        assert_eq!(age_ms("7d"), Ok(604_800_000));
        for bad in ["", "m", "10", "-1m", "1.5h", "10 m", "99999999999d"] {
            assert!(age_ms(bad).is_err(), "{bad}");
        }
    }
}
