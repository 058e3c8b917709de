//! Serves the stand-in for Google Cloud for programs that are not Rust: prints what to set as one
//! line of JSON and ends when its input does. What is deployed answers with what it was sent; with
//! `--run` it is really run.

use std::env::args;
use std::io::{Read, Write, stdin, stdout};

use mlship_testkit::gcp::{Cloud, PROJECT, REGION, TOKEN, host};

fn main() -> std::io::Result<()> {
    let cloud = match args().any(|argument| argument == "--run") {
        true => Cloud::start(host::run()),
        false => Cloud::start(|_, body| Ok(body.to_vec())),
    };
    let url = cloud.url();
    let metadata = url.trim_start_matches("http://");
    let says = serde_json::json!({"url": url, "project": PROJECT, "region": REGION, "token": TOKEN,
        "export": {"MLSHIP_GCP_ENDPOINT": url, "GCE_METADATA_HOST": metadata}});
    let mut out = stdout();
    writeln!(out, "{says}")?;
    out.flush()?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
