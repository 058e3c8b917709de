//! What is done to this repository: set-up of what the tests use, the whole test run, the tidy
//! checks. Nothing here is shipped.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to people")]

mod process;
mod setup;
mod suite;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask setup | test | tidy

  setup  installs what the tests use, pinned, into .tools (or MLSHIP_TOOLS); quick when it is there
  test   set-up, then every check and every test
  tidy   the rules of docs/architecture.md alone";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let done = match words.as_slice() {
        ["setup"] => setup::setup(&root, &tools()),
        ["test"] => return suite::suite(&root, &tools()),
        ["tidy"] => tidy::tidy(&root),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The top of the checkout.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or(here.clone(), PathBuf::from)
}

/// Where installed tools are.
fn tools() -> PathBuf {
    std::env::var_os("MLSHIP_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from)
}
