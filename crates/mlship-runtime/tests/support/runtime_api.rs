//! A stand-in for Lambda's Runtime API, which keeps what it is sent as it was sent
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>). The emulator takes responses
//! of known length alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The API, and the runtime that asks it; killed when dropped.
pub(crate) struct RuntimeApi {
    child: Child,
    stream: BufReader<TcpStream>,
}

/// What the runtime sent for an invocation.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The end of the path: `response` or `error`.
    pub(crate) to: String,
    headers: Vec<(String, String)>,
    /// The pieces that it came in.
    pub(crate) pieces: Vec<Vec<u8>>,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

impl RuntimeApi {
    /// Starts the runtime on the bundle.
    pub(crate) fn start(bundle: &Path, environment: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let child = Command::new(super::RUNTIME)
            .arg("--bundle")
            .arg(bundle)
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
            .envs(environment.iter().copied())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stream, _) = listener.accept().unwrap();
        Self { child, stream: BufReader::new(stream) }
    }

    /// Gives the runtime an event, and what it sends back.
    pub(crate) fn invoke(&mut self, event: &Value) -> Sent {
        let (start, _) = self.head();
        assert_eq!(start, "GET /2018-06-01/runtime/invocation/next HTTP/1.1");
        let event = event.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 8476a536\r\ncontent-length: {}\r\n\r\n",
            event.len()
        );
        self.write(&(head + &event));
        let (start, headers) = self.head();
        let path = start.strip_prefix("POST /2018-06-01/runtime/invocation/8476a536/").unwrap();
        let to = path.split(' ').next().unwrap().to_owned();
        let mut sent = Sent { to, headers, pieces: Vec::new() };
        match sent.header("content-length").map(|length| length.parse().unwrap()) {
            Some(length) => sent.pieces.push(self.take(length)),
            None => {
                assert_eq!(sent.header("transfer-encoding"), Some("chunked"));
                sent.pieces = self.chunks();
            }
        }
        self.write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        sent
    }

    fn chunks(&mut self) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            if length == 0 {
                // No trailers: nothing failed.
                assert_eq!(self.line(), "");
                return chunks;
            }
            chunks.push(self.take(length));
            assert_eq!(self.line(), "");
        }
    }

    fn head(&mut self) -> (String, Vec<(String, String)>) {
        let start = self.line();
        let mut headers = Vec::new();
        while let Some((name, value)) = self.line().split_once(": ") {
            headers.push((name.to_owned(), value.to_owned()));
        }
        (start, headers)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn write(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
