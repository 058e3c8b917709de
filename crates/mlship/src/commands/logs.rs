//! `mlship logs`: what the service wrote, and what it writes.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use mlship_core::deployment::{LogLine, LogQuery};
use serde_json::json;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers::{self, Connection};
use crate::render;

/// How often new lines are looked for.
const POLL: Duration = Duration::from_secs(2);

/// How far back every look goes, in milliseconds: a line may appear after one that is younger.
const LATE_MS: i64 = 10_000;

/// The most lines that one look brings.
const AT_ONCE: usize = 10_000;

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
    /// Go on with the lines that come, until interrupted
    #[arg(long, short, env = "MLSHIP_FOLLOW")]
    follow: bool,
}

pub(crate) fn run(context: &Context, args: LogsArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let connection = providers::connect(&args.provider.provider, &loaded)?;
    let name = &loaded.project.name.value;
    let query = LogQuery { since_ms: args.since.map(|age| now_ms() - age), limit: args.limit };
    let lines = connection.of_deployed(name, connection.provider.logs(name, &query))?;
    if lines.is_empty() {
        context.say(match query.since_ms {
            Some(_) => "nothing was written in that time",
            None => "nothing is written yet",
        });
    }
    if args.follow {
        return follow(context, &connection, name, lines);
    }
    let text: String = lines.iter().map(render::log_line).collect();
    context.answer("mlship/logs/1", &json!({"lines": lines}), &text);
    Ok(())
}

/// Writes lines as they come: as text, or one JSON object a line.
fn follow(
    context: &Context,
    connection: &Connection,
    name: &str,
    first: Vec<LogLine>,
) -> Result<(), Failure> {
    let mut newest = first.last().map_or_else(now_ms, |line| line.at_ms);
    let mut seen = Seen::default();
    // Older lines that were not asked for are no news either.
    seen.fresh(lines_since(connection, name, newest.saturating_sub(LATE_MS))?);
    seen.fresh(first.clone());
    let mut fresh = first;
    loop {
        for line in &fresh {
            newest = newest.max(line.at_ms);
            if context.is_json() {
                context.out(&json!(line).to_string());
            } else {
                context.out(&render::log_line(line));
            }
        }
        thread::sleep(POLL);
        let since = newest.saturating_sub(LATE_MS);
        fresh = seen.fresh(lines_since(connection, name, since)?);
        seen.forget_before(since);
    }
}

fn lines_since(
    connection: &Connection,
    name: &str,
    since_ms: i64,
) -> Result<Vec<LogLine>, Failure> {
    let query = LogQuery { since_ms: Some(since_ms), limit: AT_ONCE };
    Ok(connection.wait(connection.provider.logs(name, &query))?)
}

/// Lines that were written already. The same line may come twice within a millisecond.
#[derive(Debug, Default)]
struct Seen(Vec<LogLine>);

impl Seen {
    /// Those of `lines` that were not there before, in their order; they are from now on.
    fn fresh(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        let mut known: Vec<&LogLine> = self.0.iter().collect();
        let mut fresh = Vec::new();
        for line in lines {
            match known.iter().position(|there| **there == line) {
                Some(at) => drop(known.swap_remove(at)),
                None => fresh.push(line),
            }
        }
        self.0.extend(fresh.iter().cloned());
        fresh
    }

    fn forget_before(&mut self, since_ms: i64) {
        self.0.retain(|line| line.at_ms >= since_ms);
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
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
    use super::*;

    #[test]
    fn ages_have_a_number_and_a_unit() {
        assert_eq!(age_ms("10m"), Ok(600_000));
        assert_eq!(age_ms("7d"), Ok(604_800_000));
        for bad in ["", "m", "10", "-1m", "1.5h", "10 m", "99999999999d"] {
            assert!(age_ms(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_written_once_and_two_of_the_same_twice() {
        let line = |at_ms: i64, text: &str| LogLine { at_ms, text: text.into() };
        let (a, b, late) = (line(1, "a"), line(2, "b"), line(1, "late"));
        let mut seen = Seen::default();
        assert_eq!(seen.fresh(vec![a.clone(), b.clone()]), [a.clone(), b.clone()]);
        let again = vec![a.clone(), late.clone(), b.clone(), b.clone()];
        assert_eq!(seen.fresh(again.clone()), [late, b.clone()]);
        assert_eq!(seen.fresh(again), []);
        seen.forget_before(2);
        assert_eq!(seen.fresh(vec![b.clone(), b]), [], "what is younger is still known");
    }
}
