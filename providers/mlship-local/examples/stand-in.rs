//! Stands for the runtime of any artifact in the tests: serves `answer.json` of its bundle, and
//! misbehaves on request. A file `unready`, `broken` or `stubborn` beside it makes it never
//! ready, end at once, or ignore SIGTERM.

#![expect(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "a program")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

fn main() {
    let bundle = PathBuf::from(std::env::var_os("MLSHIP_BUNDLE").expect("MLSHIP_BUNDLE"));
    let listen = std::env::var("MLSHIP_LISTEN").expect("MLSHIP_LISTEN");
    println!("serving on {listen}");
    if bundle.join("broken").exists() {
        eprintln!("the model cannot be read");
        std::process::exit(3);
    }
    if bundle.join("stubborn").exists() {
        ignore_termination();
    }
    let listener = TcpListener::bind(listen).expect("the port is free");
    for stream in listener.incoming() {
        let bundle = bundle.clone();
        std::thread::spawn(move || answer(stream.expect("a connection"), &bundle));
    }
}

fn ignore_termination() {
    #[expect(unsafe_code, reason = "the standard library cannot ignore a signal")]
    // SAFETY: only the disposition of a signal changes.
    unsafe {
        libc::signal(libc::SIGTERM, libc::SIG_IGN);
    }
}

fn answer(stream: TcpStream, bundle: &std::path::Path) {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    let mut length = 0;
    reader.read_line(&mut first).expect("a request line");
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let (status, body) = match first.split(' ').nth(1) {
        Some("/readyz") if bundle.join("unready").exists() => (503, json!("loading")),
        Some("/readyz") => (200, json!("ready")),
        Some("/predict") => predict(bundle, &serde_json::from_slice(&body).expect("JSON")),
        _ => (404, json!("no such route")),
    };
    let body = body.to_string();
    let _ = write!(&stream, "HTTP/1.1 {status} OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
}

#[expect(clippy::zombie_processes, reason = "a child that is left alone is what is tested")]
fn predict(bundle: &std::path::Path, request: &Value) -> (u16, Value) {
    match request["do"].as_str() {
        Some("crash") => std::process::exit(1),
        Some("eat") => {
            let bytes = request["mb"].as_u64().expect("mb") as usize * 1024 * 1024;
            (200, json!(vec![7_u8; bytes].iter().map(|byte| u64::from(*byte)).sum::<u64>()))
        }
        Some("map") => (200, json!(map(&bundle.join("weights")))),
        Some("spawn") => {
            let child = Command::new("sleep").arg("1000").spawn().expect("sleep");
            (200, json!(child.id()))
        }
        Some("print") => {
            println!("{}", request["text"].as_str().expect("text"));
            (200, json!(null))
        }
        Some("environment") => {
            let mut names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
            names.sort();
            (200, json!(names))
        }
        Some("pid") => (200, json!(std::process::id())),
        _ => {
            let text = std::fs::read(bundle.join("answer.json")).expect("answer.json");
            (200, serde_json::from_slice(&text).expect("JSON"))
        }
    }
}

/// Maps a file read-only, reads all of it and says how long it is.
fn map(path: &std::path::Path) -> u64 {
    use std::os::fd::AsRawFd;
    let file = std::fs::File::open(path).expect("weights");
    let length = file.metadata().expect("weights").len();
    #[expect(unsafe_code, reason = "what is mapped must be told from what is allocated")]
    // SAFETY: the file is not changed while it is mapped, and the mapping is never unmapped.
    let bytes = unsafe {
        let start = libc::mmap(
            std::ptr::null_mut(),
            length as usize,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(start, libc::MAP_FAILED);
        std::slice::from_raw_parts(start.cast::<u8>(), length as usize)
    };
    bytes.iter().map(|byte| u64::from(*byte == 1)).sum()
}
