//! Runs the program of an image that was deployed, with a port of its own, as Azure does with
//! containers.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use mlship_testkit::azure::Served;

/// Unpacks the layers, starts the program that is in them, and asks it once. An `Err` is an answer
/// that is not 200, or why the program does not run.
pub(super) fn answer(served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tar = Command::new("tar")
        .args(["--extract", "--ignore-zeros", "--directory"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("tar runs");
    tar.stdin.take().expect("its input").write_all(served.artifact).expect("tar reads all");
    assert!(tar.wait().expect("its verdict").success(), "the layers cannot be unpacked");
    let running = Running::start(&folder.path().join("mlship"), served.environment)?;
    match running.ask(served, body)? {
        (200, body) => Ok(body),
        (status, body) => Err(format!("{status} {}", String::from_utf8_lossy(&body))),
    }
}

struct Running {
    process: Child,
    address: SocketAddr,
}

impl Running {
    fn start(code: &Path, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let address = free_address();
        let process = Command::new(code.join("bootstrap"))
            .current_dir(code)
            .env_clear()
            .envs(environment)
            .env("MLSHIP_LISTEN", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let process = process.map_err(|error| format!("the program does not start: {error}"))?;
        let mut running = Self { process, address };
        for _ in 0..1000 {
            if TcpStream::connect(address).is_ok() {
                return Ok(running);
            }
            if let Ok(Some(status)) = running.process.try_wait() {
                return Err(format!("the program ended with {status}"));
            }
            sleep(Duration::from_millis(10));
        }
        Err("the program does not listen".into())
    }

    fn ask(&self, served: &Served<'_>, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
        let mut stream = TcpStream::connect(self.address).map_err(|error| error.to_string())?;
        let kept = ["content-type", "accept", "x-api-key", "authorization"];
        let headers = served.headers.iter().filter(|(name, _)| kept.contains(&name.as_str()));
        let headers: String = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let Served { method, path, .. } = served;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
             connection: close\r\n{headers}\r\n",
            body.len()
        );
        let mut answer = Vec::new();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body))
            .and_then(|()| stream.read_to_end(&mut answer))
            .map_err(|error| error.to_string())?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no head")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or("no status")?, answer[end + 4..].to_vec()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
