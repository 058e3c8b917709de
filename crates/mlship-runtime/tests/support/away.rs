//! A bundle whose weights are elsewhere, and the runtime that fetches them.

use std::fs;
use std::process::{Command, Output, Stdio};

use mlship_bundle::{Bundle, Fetched};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bundles;

/// Longer than one read, so that it can be cut in the middle.
pub(crate) const BYTES: usize = 3_000_000;

pub(crate) const ROW: &str = r#"{"x": [[40, 3, 1]]}"#;

/// A bundle whose weights are elsewhere, and those.
pub(crate) struct Away {
    pub(crate) folder: TempDir,
    pub(crate) scratch: TempDir,
    pub(crate) weights: Vec<u8>,
    pub(crate) bundle: Bundle,
}

impl Away {
    pub(crate) fn new() -> Self {
        let mut bundle = bundles::linear();
        let folder = bundles::write(&bundle);
        let path = folder.path().join("weights.data");
        let mut weights = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        weights.extend((weights.len()..BYTES).map(|index| (index * 31 % 251) as u8));
        let file = Fetched {
            path: "weights.data".into(),
            url: None,
            sha256: sha256(&weights),
            bytes: weights.len() as u64,
        };
        bundle.model.fetched = vec![file];
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let away = Self { folder, scratch, weights, bundle };
        away.write();
        away
    }

    pub(crate) fn file(&mut self) -> &mut Fetched {
        &mut self.bundle.model.fetched[0]
    }

    pub(crate) fn write(&self) {
        let text = serde_json::to_vec(&self.bundle).unwrap();
        fs::write(self.folder.path().join(mlship_bundle::FILE), text).unwrap();
    }

    pub(crate) fn kept(&self, suffix: &str) -> std::path::PathBuf {
        let name = format!("{}{suffix}", self.bundle.model.fetched[0].sha256);
        self.scratch.path().join("mlship").join(name)
    }

    pub(crate) fn environment(&self, store: &str) -> Vec<(&'static str, String)> {
        let scratch = self.scratch.path().to_str().unwrap().to_owned();
        vec![("MLSHIP_MODEL_STORE", store.to_owned()), ("MLSHIP_SCRATCH", scratch)]
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, store: &str) -> Command {
        let mut command = Command::new(program);
        let aws = |name: &str| name.starts_with("AWS_");
        for (name, _) in std::env::vars().filter(|(name, _)| aws(name)) {
            command.env_remove(name);
        }
        command.envs(self.environment(store));
        command
    }

    /// One answer, fetching before.
    pub(crate) fn answer(&self, store: &str) -> Output {
        let mut command = self.command(super::RUNTIME, store);
        command.args(["--answer", "--bundle"]).arg(self.folder.path());
        ask(&mut command)
    }
}

pub(crate) fn ask(command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The process may end before it reads.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), ROW.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn assert_answered(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no answer: {stderr}"));
    assert_eq!(answer, json!({"y": [[70.0, 103.0]]}), "{stderr}");
}

/// Fails with all of `words` in what it says, and leaves nothing that looks whole.
pub(crate) fn assert_refused(away: &Away, output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    let last = stderr.lines().last().unwrap_or_default();
    for word in words {
        assert!(last.contains(word), "no `{word}` in: {last}");
    }
    assert!(!away.kept("").exists());
}
