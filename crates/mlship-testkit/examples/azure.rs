//! Serves the Azure stand-in for programs that are not Rust: prints `{"url": ...}` as one line and
//! ends when its input does. What is deployed answers with what it was sent; with `--run` it is
//! really run.

use std::env::args;
use std::io::{Read, Write, stdin, stdout};

use mlship_testkit::azure::{Cloud, host};

fn main() -> std::io::Result<()> {
    let cloud = match args().any(|argument| argument == "--run") {
        true => Cloud::start(host::run()),
        false => Cloud::start(|_, body| Ok(body.to_vec())),
    };
    let mut out = stdout();
    writeln!(out, "{}", serde_json::json!({"url": cloud.url()}))?;
    out.flush()?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
