//! Runs an artifact's own `bootstrap` under the Lambda runtime interface emulator.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::tools;

/// Unpacks `zip`, starts its `bootstrap`, hands it one event, and gives back what it answers.
///
/// # Errors
/// What the emulator says of a program that failed.
///
/// # Panics
/// When the emulator or Python is not installed, or the zip cannot be unpacked.
pub fn answer(zip: &[u8], event: &[u8]) -> Result<Vec<u8>, String> {
    answer_with(zip, event, &[])
}

/// The same with more environment, as a function has it.
///
/// # Errors
/// What the emulator says of a program that failed.
///
/// # Panics
/// When the emulator or Python is not installed, or the zip cannot be unpacked.
pub fn answer_with(
    zip: &[u8],
    event: &[u8],
    environment: &[(&str, &str)],
) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    unpack(zip, folder.path());
    run(folder.path(), event, environment)
}

/// The same for an image: its layers, tar after tar, with `bootstrap` at the root or where
/// functions have their code.
///
/// # Errors
/// What the emulator says of a program that failed.
///
/// # Panics
/// When the emulator is not installed, or the layers cannot be unpacked.
pub fn answer_of_image(layers: &[u8], event: &[u8]) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tar = Command::new("tar")
        .args(["--extract", "--ignore-zeros", "--directory"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("tar runs");
    tar.stdin.take().expect("its input").write_all(layers).expect("tar reads all");
    assert!(tar.wait().expect("its verdict").success(), "the layers cannot be unpacked");
    let code = folder.path().join("var/task");
    let folder = if code.join("bootstrap").exists() { code.as_path() } else { folder.path() };
    run(folder, event, &[])
}

fn run(folder: &Path, event: &[u8], environment: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    let emulator = Emulator::start(folder, environment);
    let (status, body) = emulator.post(event);
    if status == 200 && !String::from_utf8_lossy(&body).contains("\"errorType\"") {
        Ok(body)
    } else {
        Err(String::from_utf8_lossy(&body).into_owned())
    }
}

fn unpack(zip: &[u8], folder: &Path) {
    let file = folder.join("artifact.zip");
    fs::write(&file, zip).expect("the zip is written");
    let status = Command::new(tools::python())
        .args(["-m", "zipfile", "-e"])
        .args([&file, folder])
        .status()
        .expect("python runs");
    assert!(status.success(), "the zip cannot be unpacked");
    // Python's unpacker drops the modes.
    let bootstrap = folder.join("bootstrap");
    fs::set_permissions(bootstrap, fs::Permissions::from_mode(0o755)).expect("it has a bootstrap");
}

struct Emulator {
    process: Child,
    address: SocketAddr,
}

impl Emulator {
    fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let (address, runtime) = (free_address(), free_address());
        // What is started in the stead of a runtime's own program is told what that would be.
        let is_wrapper = environment.iter().any(|(name, _)| *name == "AWS_LAMBDA_EXEC_WRAPPER");
        let own = ["/var/lang/bin/python3", "/var/runtime/bootstrap.py"];
        let process = Command::new(tools::lambda_emulator())
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &runtime.to_string()])
            .arg(folder.join("bootstrap"))
            .args(own.iter().filter(|_| is_wrapper))
            .current_dir(folder)
            .env("LAMBDA_TASK_ROOT", folder)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that the program can be ended with it.
            .process_group(0)
            .spawn()
            .expect("the emulator starts");
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        Self { process, address }
    }

    fn post(&self, event: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).expect("the emulator listens");
        let path = "/2015-03-31/functions/function/invocations";
        let length = event.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        )
        .and_then(|()| stream.write_all(event))
        .expect("the emulator reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the emulator answers");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), answer[end + 4..].to_vec())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The emulator and the program that it started are one group.
        let group = format!("-{}", self.process.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().ok();
        self.process.wait().ok();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
