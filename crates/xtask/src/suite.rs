//! Every check and every test, one after the other, and one closing line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::process::{line, run, succeeds};
use crate::{setup, tidy};

/// How many passed and how many failed. A check counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// Runs all of it, goes on after a failure, and ends with `N passed, N failed`.
pub(crate) fn suite(root: &Path, tools: &Path) -> ExitCode {
    let mut tally = Tally::default();
    let deny = tools.join("bin/cargo-deny");
    check(&mut tally, "setup", || setup::setup(root, tools));
    check(&mut tally, "fmt", || run(cargo(root).args(["fmt", "--all", "--check"])));
    check(&mut tally, "clippy", || run(cargo(root).args(CLIPPY)));
    check(&mut tally, "tidy", || tidy::tidy(root));
    if deny.exists() {
        check(&mut tally, "deny", || run(Command::new(&deny).current_dir(root).args(DENY)));
    }
    check(&mut tally, "doc", || {
        let mut command = cargo(root);
        command.env("RUSTDOCFLAGS", "-D warnings");
        run(command.args(["doc", "--quiet", "--workspace", "--no-deps"]))
    });
    tests(&mut tally, root);
    say_what_is_left_out(root);
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const CLIPPY: &[&str] =
    &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
/// Advisories need the network, and are checked apart, in the scheduled workflow.
const DENY: &[&str] = &["--offline", "check", "bans", "licenses", "sources"];
const NEXTEST: &[&str] = &["nextest", "run", "--workspace", "--no-fail-fast"];
const TEST: &[&str] = &["test", "--workspace", "--no-fail-fast"];
const DOC_TEST: &[&str] = &["test", "--workspace", "--doc", "--no-fail-fast"];

fn check(tally: &mut Tally, name: &str, work: impl FnOnce() -> Result<()>) {
    eprintln!("== {name}");
    match work() {
        Ok(()) => tally.passed += 1,
        Err(error) => {
            eprintln!("error: {name}: {error:#}");
            tally.failed += 1;
        }
    }
}

fn tests(tally: &mut Tally, root: &Path) {
    let runs: &[&[&str]] = if succeeds(cargo(root).args(["nextest", "--version"])) {
        &[NEXTEST, DOC_TEST]
    } else {
        &[TEST]
    };
    for arguments in runs {
        eprintln!("== {}", arguments.join(" "));
        match counted(cargo(root).args(*arguments), &mut std::io::stderr()) {
            Ok(counts) => {
                tally.passed += counts.passed;
                tally.failed += counts.failed;
            }
            Err(error) => {
                eprintln!("error: {error:#}");
                tally.failed += 1;
            }
        }
    }
}

/// Runs a test runner, shows what it says and counts what it counts. A run that fails without
/// naming a failed test, as when a test does not compile, counts as one failure.
fn counted(command: &mut Command, show: &mut dyn Write) -> Result<Tally> {
    let line = line(command);
    let (reader, writer) = std::io::pipe()?;
    command.env("CARGO_TERM_COLOR", "never");
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("could not run `{line}`"))?;
    // The command holds the writing end until it is given another.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut counts = Tally::default();
    for text in BufReader::new(reader).split(b'\n') {
        let text = String::from_utf8_lossy(&text?).into_owned();
        writeln!(show, "{text}")?;
        let more = count(&text);
        counts = Tally { passed: counts.passed + more.passed, failed: counts.failed + more.failed };
    }
    if !child.wait()?.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// The counts on a closing line of libtest (`test result: ok. 3 passed; 1 failed; …`) or of
/// nextest (`Summary [ 1.2s] 4 tests run: 3 passed, 1 failed, 0 skipped`).
fn count(text: &str) -> Tally {
    let text = text.trim_start();
    let counts = if let Some(counts) = text.strip_prefix("test result: ") {
        counts
    } else if text.starts_with("Summary [") {
        text.split_once("run: ").map_or("", |(_, counts)| counts)
    } else {
        return Tally::default();
    };
    let words: Vec<_> =
        counts.split([' ', ';', ',', '(', ')']).filter(|word| !word.is_empty()).collect();
    let before = |what: &[&str]| -> u64 {
        words
            .windows(2)
            .filter(|pair| what.contains(&pair[1]))
            .filter_map(|pair| pair[0].parse::<u64>().ok())
            .sum()
    };
    Tally { passed: before(&["passed"]), failed: before(&["failed", "timed"]) }
}

/// Tests that read the shared tables look for them in `MLSHIP_SHARED`, else beside the checkout.
fn say_what_is_left_out(root: &Path) {
    let shared =
        std::env::var_os("MLSHIP_SHARED").map_or_else(|| root.join("../shared"), Into::into);
    if !shared.is_dir() {
        println!("left out: what needs the tables of `../shared` (MLSHIP_SHARED), which is absent");
    }
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_counted() {
        let libtest =
            "test result: FAILED. 20 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(count(libtest), Tally { passed: 20, failed: 2 });
        let nextest = "     Summary [   1.021s] 22 tests run: 19 passed (1 slow), 2 failed, 1 timed out, 0 skipped";
        assert_eq!(count(nextest), Tally { passed: 19, failed: 3 });
        assert_eq!(count("        PASS [0.1s] 3 passed"), Tally::default());
    }

    #[test]
    fn a_runner_that_fails_without_counting_is_a_failure() {
        let script = "echo 'test result: ok. 3 passed; 0 failed'; exit 101";
        let counts =
            counted(Command::new("sh").args(["-c", script]), &mut std::io::sink()).unwrap();
        assert_eq!(counts, Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn a_failed_check_is_counted_and_the_next_one_runs() {
        let mut tally = Tally::default();
        check(&mut tally, "bad", || run(&mut Command::new("false")));
        check(&mut tally, "good", || run(&mut Command::new("true")));
        assert_eq!(tally, Tally { passed: 1, failed: 1 });
    }
}
