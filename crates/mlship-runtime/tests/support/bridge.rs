//! HTTP in front of the Lambda emulator: what a function URL does.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::emulator::Emulator;

/// A function behind its URL; ended when dropped.
pub(crate) struct Bridge {
    emulator: Shared,
    /// Where it listens.
    pub(crate) address: String,
}

/// The emulator, as long as the test runs.
type Shared = Arc<Mutex<Option<Emulator>>>;

impl Bridge {
    /// Puts an address before the function under `emulator`.
    pub(crate) fn start(emulator: Emulator) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let emulator = Arc::new(Mutex::new(Some(emulator)));
        let shared = emulator.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { emulator, address }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // The threads of connections may go on; what they hold must not.
        self.emulator.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Answers the requests of one connection.
fn serve(mut stream: TcpStream, emulator: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(event) = event(&mut reader) {
        let response = match &*emulator.lock().unwrap() {
            Some(emulator) => emulator.invoke(&event),
            None => return,
        };
        stream.write_all(&written(&response)).unwrap();
    }
}

/// The next request as an event; `None` when the caller has left. Bodies are always base64, as
/// they are of media types that are not text.
fn event(reader: &mut impl BufRead) -> Option<Value> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Map::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), json!(value));
    }
    let length = headers.get("content-length").and_then(Value::as_str);
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1"},
            "routeKey": "$default", "stage": "$default"
        },
        "body": STANDARD.encode(body),
        "isBase64Encoded": true
    }))
}

fn written(response: &Value) -> Vec<u8> {
    let body = response["body"].as_str().unwrap();
    let body = match response["isBase64Encoded"] == true {
        true => STANDARD.decode(body).unwrap(),
        false => body.as_bytes().to_vec(),
    };
    let mut head =
        format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n", response["statusCode"], body.len());
    for (name, value) in response["headers"].as_object().unwrap() {
        head += &format!("{name}: {}\r\n", value.as_str().unwrap());
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}
