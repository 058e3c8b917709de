//! Serves the Google Cloud stand-in for programs that are not Rust: prints `{"url": ...}` as one
//! line and ends when its input does. What is deployed answers with what it was sent.

use std::io::{Read, Write, stdin, stdout};

use mlship_testkit::gcp::Cloud;

fn main() -> std::io::Result<()> {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    let mut out = stdout();
    writeln!(out, "{}", serde_json::json!({"url": cloud.url()}))?;
    out.flush()?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
