//! The runtime as a process of its own on a free port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use serde_json::Value;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<ChildStderr>,
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
        let mut child = Command::new(super::RUNTIME)
            .arg("--bundle")
            .arg(bundle)
            .env("PORT", "0")
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let listening = line(&mut stderr);
        assert_eq!(listening["event"], "listening", "{listening}");
        let address = listening["address"].as_str().unwrap().to_owned();
        Self { child, stderr, address }
    }

    /// The next thing it tells its operator.
    pub(crate) fn notice(&mut self) -> Value {
        line(&mut self.stderr)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        super::run(Command::new("kill").args(["-s", name, &pid]));
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

fn line(stderr: &mut BufReader<ChildStderr>) -> Value {
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a notice: {line:?}"))
}
