//! The supervisor as a program of its own, as the tests start it.

#![expect(clippy::print_stderr, reason = "a program")]

use std::path::PathBuf;

fn main() {
    let state = PathBuf::from(std::env::args_os().nth(1).expect("a state folder"));
    if let Err(error) = mlship_local::supervise(&state) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
