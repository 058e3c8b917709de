//! Runs the program that a deployed artifact holds, as Azure starts it: a zip's handler under the
//! Functions host, or an image's program with a port of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::tools;

/// Where functions are in an image, and where other services are.
const FOLDERS: [&str; 2] = ["home/site/wwwroot", "mlship"];

/// A request to what was deployed.
#[derive(Debug)]
pub struct Request<'a> {
    /// The zip, or an image's layers, tar after tar.
    pub artifact: &'a [u8],
    /// The settings that it runs with.
    pub environment: &'a BTreeMap<String, String>,
    /// The HTTP method.
    pub method: &'a str,
    /// The path, with the query.
    pub path: &'a str,
    /// Names in lower case.
    pub headers: &'a BTreeMap<String, String>,
    /// The body.
    pub body: &'a [u8],
}

/// Unpacks the artifact with the modes that are in it, starts its program, and asks it once.
///
/// # Errors
/// `STATUS: BODY` of an answer that is not 200, or why the program does not run.
///
/// # Panics
/// When the artifact cannot be unpacked, or Python is not installed.
pub fn answer(request: &Request<'_>) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    unpack(request.artifact, folder.path());
    let code = FOLDERS.iter().map(|name| folder.path().join(name)).find(|code| code.exists());
    let code = code.unwrap_or_else(|| folder.path().to_owned());
    let running = Running::start(&code, request.environment)?;
    let (status, body) = running.ask(request)?;
    if status == 200 {
        return Ok(body);
    }
    Err(format!("{status}: {}", String::from_utf8_lossy(&body)))
}

/// Python's reader of both archives tells the modes; its unpackers drop those of a zip.
const UNPACK: &str = "
import io, os, sys, tarfile, zipfile
data, folder = sys.stdin.buffer.read(), sys.argv[1]
if data[:2] == b'PK':
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            path = archive.extract(entry, folder)
            if not entry.is_dir():
                os.chmod(path, entry.external_attr >> 16 & 0o7777)
else:
    with tarfile.open(fileobj=io.BytesIO(data), ignore_zeros=True) as archive:
        archive.extractall(folder, filter='tar')
";

fn unpack(artifact: &[u8], folder: &Path) {
    let mut python = Command::new(tools::python())
        .args(["-c", UNPACK])
        .arg(folder)
        .stdin(Stdio::piped())
        .spawn()
        .expect("python starts");
    python.stdin.take().expect("its input").write_all(artifact).expect("python reads all");
    assert!(python.wait().expect("its verdict").success(), "the artifact cannot be unpacked");
}

struct Running {
    process: Child,
    address: SocketAddr,
}

impl Running {
    fn start(code: &Path, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let address = free_address();
        let mut command = Command::new(program(code)?);
        command.current_dir(code).env_clear().envs(environment);
        if code.join("host.json").exists() {
            command.env("FUNCTIONS_CUSTOMHANDLER_PORT", address.port().to_string());
        } else {
            command.env("MLSHIP_LISTEN", address.to_string());
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
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

    fn ask(&self, request: &Request<'_>) -> Result<(u16, Vec<u8>), String> {
        let mut stream = TcpStream::connect(self.address).map_err(|error| error.to_string())?;
        let kept = ["content-type", "accept", "x-api-key", "authorization", "x-functions-key"];
        let headers: String = request
            .headers
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let (method, path, length) = (request.method, request.path, request.body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
             connection: close\r\n{headers}\r\n"
        );
        let mut answer = Vec::new();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(request.body))
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

/// The handler that `host.json` names, or the program of an image.
fn program(code: &Path) -> Result<PathBuf, String> {
    let Ok(text) = fs::read(code.join("host.json")) else { return Ok(code.join("bootstrap")) };
    let host: serde_json::Value = serde_json::from_slice(&text).map_err(|why| why.to_string())?;
    let name = host["customHandler"]["description"]["defaultExecutablePath"].as_str();
    Ok(code.join(name.ok_or("`host.json` names no handler")?))
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
