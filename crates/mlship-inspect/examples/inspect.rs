//! Prints the facts of a file as JSON, and the most memory it took, in KiB, on stderr.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: inspect FILE");
        return ExitCode::from(2);
    };
    let facts = mlship_inspect::inspect(Path::new(&path));
    let code = match facts {
        Ok(facts) => {
            println!("{}", serde_json::to_string_pretty(&facts).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("error: {}", chain(&error));
            ExitCode::FAILURE
        }
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    eprintln!("peak-kib {}", peak.unwrap_or_default().trim().trim_end_matches(" kB"));
    code
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
