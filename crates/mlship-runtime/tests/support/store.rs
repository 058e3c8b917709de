//! A place that fetched files come from: an HTTP server of the test's own that fails as it is told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the store does with one request. The last one of a script goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Sends what is asked for.
    Give,
    /// Sends all of it whatever is asked for.
    GiveAll,
    /// Sends so many bytes of what is asked for and closes.
    Cut(usize),
    /// Sends so many bytes and no more, and keeps the connection.
    Stall(usize),
    /// Sends a status with this header line and body.
    Say(u16, String, String),
}

/// A running store with one file, whatever its name.
pub(crate) struct Store {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Store {
    /// Starts a store that holds `bytes` and does what `script` says.
    pub(crate) fn start(bytes: Vec<u8>, script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let acts = Arc::new(Mutex::new(VecDeque::from(script.to_vec())));
        let bytes = Arc::new(bytes);
        let log = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (bytes, acts, log) = (bytes.clone(), acts.clone(), log.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &bytes, &acts, &log));
            }
        });
        Self { url, seen }
    }

    /// The heads of the requests so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The `range` header of each request so far.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        let range = |head: &String| {
            let line = head.lines().find_map(|line| line.strip_prefix("range: "));
            line.map(str::to_owned)
        };
        self.seen().iter().map(range).collect()
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, bytes: &[u8], acts: &Mutex<VecDeque<Act>>, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let head = head.replace("\r\n", "\n").to_ascii_lowercase();
        let act = {
            let mut acts = acts.lock().unwrap();
            if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
        };
        let from = head.lines().find_map(|line| line.strip_prefix("range: bytes="));
        let from = from.map(|range| range.trim_end_matches('-').parse::<usize>().unwrap());
        log.lock().unwrap().push(head);
        if !answer(&mut stream, bytes, &act, from) {
            return;
        }
    }
}

/// Does one act; false when the connection ends.
fn answer(stream: &mut TcpStream, bytes: &[u8], act: &Act, from: Option<usize>) -> bool {
    let whole = bytes.len();
    let (head, body) = match (act, from) {
        (Act::Say(status, line, text), _) => {
            let length = text.len();
            (format!("{status} x\r\n{line}\r\ncontent-length: {length}"), text.as_bytes())
        }
        (Act::GiveAll, _) | (_, None) => (format!("200 OK\r\ncontent-length: {whole}"), bytes),
        (_, Some(from)) if from >= whole => {
            (format!("416 x\r\ncontent-range: bytes */{whole}\r\ncontent-length: 0"), &bytes[..0])
        }
        (_, Some(from)) => {
            let length = whole - from;
            let range = format!("bytes {from}-{}/{whole}", whole - 1);
            (format!("206 x\r\ncontent-range: {range}\r\ncontent-length: {length}"), &bytes[from..])
        }
    };
    let sent = match act {
        Act::Cut(length) | Act::Stall(length) => &body[..body.len().min(*length)],
        _ => body,
    };
    let head = format!("HTTP/1.1 {}\r\n\r\n", head.replace("\r\n\r\n", "\r\n"));
    let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
    if matches!(act, Act::Stall(_)) {
        // Until the other side has gone.
        let _ = std::io::copy(stream, &mut std::io::sink());
    }
    written.is_ok() && !matches!(act, Act::Cut(_) | Act::Stall(_))
}
