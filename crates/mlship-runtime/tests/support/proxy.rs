//! A stand-in for OpenWhisk's proxy, as it starts an action and speaks to it
//! (<https://github.com/apache/openwhisk-runtime-go/blob/master/openwhisk/executor.go>, and
//! `actionProxy.go` and `runHandler.go` beside it). The proxy itself is written in Go.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// A running action; killed when dropped, as the proxy does.
pub(crate) struct Proxy {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What the action writes on file descriptor 3.
    answers: BufReader<ChildStdout>,
}

impl Proxy {
    /// Starts the action `exec` in the folder of the bundle without a word to it, waits for its
    /// acknowledgement where the image asks for one, and says why it could not be started.
    pub(crate) fn start(bundle: &Path, environment: &[(&str, &str)]) -> Result<Self, String> {
        let exec = bundle.join("exec");
        std::fs::hard_link(super::RUNTIME, &exec)
            .or_else(|_| std::fs::copy(super::RUNTIME, &exec).map(drop))
            .unwrap();
        // File descriptor 3 is a pipe to the proxy; logs go elsewhere.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" 3>&1 1>&2"#])
            .arg(&exec)
            .env("__OW_PROXY_VERSION", "1.18.0")
            .env("__OW_ACTION_NAME", "/guest/heart")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut proxy = Self { child, stdin, answers };
        if environment.iter().any(|(name, _)| *name == "__OW_WAIT_FOR_ACK") {
            let said = proxy.line();
            let is_ok = serde_json::from_str::<Value>(&said).is_ok_and(|said| said["ok"] == true);
            if !is_ok {
                return Err(proxy.log());
            }
        }
        Ok(proxy)
    }

    /// Posts what the invoker posts to `/run` for this value.
    pub(crate) fn run(&mut self, value: &Value) -> Result<Value, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let deadline = (now.as_millis() + 60_000).to_string();
        self.post(&json!({
            "value": value,
            "namespace": "guest",
            "action_name": "/guest/heart",
            "action_version": "0.0.1",
            "activation_id": "ff0d1d1f7d8e4f0d8d1d1f7d8e4f0d8d",
            "transaction_id": "x",
            "api_host": "http://127.0.0.1:3233",
            "api_key": "23bc46b1:123zO3xZ",
            "deadline": deadline,
        }))
    }

    /// Posts a body to `/run`: the object or the list that the proxy answers, or its error.
    pub(crate) fn post(&mut self, body: &Value) -> Result<Value, String> {
        let stdin = self.stdin.as_mut().unwrap();
        let line = body.to_string().replace('\n', "") + "\n";
        // The proxy writes and does not look whether it could.
        let _ = stdin.write_all(line.as_bytes());
        let answer = self.line();
        if answer.is_empty() {
            return Err("command exited".into());
        }
        match serde_json::from_str(&answer) {
            Ok(answer @ (Value::Object(_) | Value::Array(_))) => Ok(answer),
            _ => Err("The action did not return a dictionary or array.".into()),
        }
    }

    /// Closes the pipe, and gives the end and what was logged.
    pub(crate) fn close(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        (self.child.wait().unwrap(), self.log())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line
    }

    fn log(&mut self) -> String {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
