//! The runtime as a process of its own on a free port.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<Box<dyn Read + Send>>,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts on the bundle and returns as soon as the port is bound.
    pub(crate) fn start(bundle: &Path) -> Self {
        Self::start_with(bundle, &[])
    }

    /// The same with more in the environment.
    pub(crate) fn start_with(bundle: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_by(&["--bundle", bundle.to_str().unwrap()], environment)
    }

    /// The same with these arguments alone.
    pub(crate) fn start_by(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(super::RUNTIME)
            .args(arguments)
            .env("PORT", "0")
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr =
            BufReader::new(Box::new(child.stderr.take().unwrap()) as Box<dyn Read + Send>);
        let listening = line(&mut stderr);
        assert_eq!(listening["event"], "listening", "{listening}");
        let address = listening["address"].as_str().unwrap().to_owned();
        Self { child, stderr, address }
    }

    /// The next thing it tells its operator.
    pub(crate) fn notice(&mut self) -> Value {
        line(&mut self.stderr)
    }

    /// All that it tells its operator until its end.
    pub(crate) fn notices(&mut self) -> Vec<Value> {
        let lines = std::mem::replace(&mut self.stderr, BufReader::new(Box::new(std::io::empty())));
        lines.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kilobytes that the system counts for it: `VmRSS`, `VmHWM`.
    pub(crate) fn kilobytes(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim_matches(|found: char| !found.is_ascii_digit()).parse().unwrap()
    }

    /// One line of `GET /metrics`, without labels of its own.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let reply = super::client::request(&self.address, "GET", "/metrics", "");
        let text = String::from_utf8(reply.body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no `{name}` in {text}")).parse().unwrap()
    }

    /// Waits until a line of `GET /metrics` has this value.
    pub(crate) fn wait_for(&self, name: &str, value: f64) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.metric(name) != value {
            assert!(std::time::Instant::now() < deadline, "{name} is {}", self.metric(name));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        super::run(Command::new("kill").args(["-s", name, &pid]));
    }

    /// The most memory that it has held so far, in bytes.
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(stderr: &mut BufReader<Box<dyn Read + Send>>) -> Value {
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a notice: {line:?}"))
}
