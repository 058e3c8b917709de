//! A Docker Engine: one that the tests of a run share, or the one of this machine. The former is
//! started by the first that asks and ends by itself when nobody has used it for a minute.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::Duration;

/// Where the engine of a machine listens.
const SYSTEM: &str = "/var/run/docker.sock";

/// What installs one.
const INSTALL: &str = "install one with: cargo xtask setup (on Debian: apt-get install docker.io)";

/// A running engine. It stays for as long as this value, and a while longer.
#[derive(Debug)]
pub struct DockerEngine {
    socket: PathBuf,
    _used: Option<File>,
}

impl DockerEngine {
    /// An engine of the tests' own, which root alone can start; else the one of this machine. The
    /// latter may be outside of the container that the tests run in, where loopback is another.
    ///
    /// # Panics
    /// When there is none and none can be started, with the line that installs it.
    pub fn running() -> Self {
        let system = Path::new(SYSTEM);
        if !can_start() {
            assert!(answers(system), "no Docker Engine answers at `{SYSTEM}`; {INSTALL}");
            return Self { socket: system.to_owned(), _used: None };
        }
        let folder = PathBuf::from(format!("/tmp/mlship-test-engine-{}", checkout()));
        fs::create_dir_all(&folder).expect("a folder for the engine");
        let used = File::create(folder.join("used")).expect("a file to lock");
        used.lock_shared().expect("a shared lock");
        let socket = folder.join("docker.sock");
        let starting = File::create(folder.join("starting")).expect("a file to lock");
        starting.lock().expect("a lock");
        if !answers(&socket) {
            start(&folder, &socket);
        }
        Self { socket, _used: Some(used) }
    }

    /// Its address: `unix:///…`.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

/// A checkout's own number, so that two of them do not share an engine.
fn checkout() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sum = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(5381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(*byte));
    format!("{sum:08x}")
}

/// Whether an engine is installed that may be started.
fn can_start() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut version = Command::new("dockerd");
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    root && version.status().is_ok_and(|status| status.success())
}

fn start(folder: &Path, socket: &Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine.sh");
    let _ = fs::remove_file(socket);
    let mut keeper = Command::new("sh")
        .arg(script)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not of the test's group: it outlives the test, and no Ctrl-C reaches it.
        .process_group(0)
        .spawn()
        .expect("a shell");
    while !answers(socket) {
        let ended = keeper.try_wait().expect("the keeper's state").is_some();
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(!ended, "the Docker Engine does not start; {INSTALL}\n{}", log());
        sleep(Duration::from_millis(50));
    }
    // It is waited for, should it end before the test does.
    thread::spawn(move || keeper.wait());
}

fn answers(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else { return false };
    let request = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
