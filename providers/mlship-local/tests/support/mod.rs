//! A machine of its own for each test: a state root, the provider on it, and artifacts.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "test code, of which each file uses a part"
)]

pub(crate) mod release;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlship_core::deployment::{Deployment, Request};
use mlship_core::progress::Silent;
use mlship_core::provider::{Provider, ProviderError};
use mlship_core::release::Release;
use mlship_local::Local;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The service's name in every test.
pub(crate) const NAME: &str = "heart";

/// A state root that nobody else uses.
pub(crate) struct Machine {
    pub(crate) root: tempfile::TempDir,
    pub(crate) local: Local,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let local = Local::new(root.path().join("state"), vec![example("supervisor").into()]);
        Self { root, local }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.state().join(NAME)
    }

    /// A release of the stand-in that answers `answer`, with more files beside it.
    pub(crate) fn release(&self, answer: &str, more: &[(&str, &[u8])]) -> Release {
        let zip = self.root.path().join(format!("{answer}.zip"));
        let answer = json!({ "diagnosis": answer }).to_string();
        let mut files = vec![("answer.json", answer.as_bytes())];
        files.extend_from_slice(more);
        write_zip(&zip, &files);
        release::of_zip(&zip, NAME)
    }

    pub(crate) async fn deploy(&self, release: &Release) -> Result<Deployment, ProviderError> {
        let plan = self.local.plan(release).await?;
        self.local.apply(release, &plan, &Silent).await
    }

    pub(crate) async fn ask(&self, request: Value) -> Result<Value, ProviderError> {
        let answer = self.local.invoke(NAME, Request::json(request.to_string().as_bytes())).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    pub(crate) async fn diagnosis(&self) -> String {
        self.ask(json!({})).await.unwrap()["diagnosis"].as_str().unwrap().to_owned()
    }

    /// What the supervisor last said.
    pub(crate) fn status(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder().join("status.json")).unwrap()).unwrap()
    }

    pub(crate) fn supervisor(&self) -> u32 {
        u32::try_from(self.status()["supervisor"]["pid"].as_u64().unwrap()).unwrap()
    }

    /// Waits until the service is in this state.
    pub(crate) async fn until(&self, state: &str) -> Deployment {
        loop {
            let found = self.local.find(NAME).await.unwrap().unwrap();
            if found.state == state {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Nothing of this machine runs, and no service has a file.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(processes(self.root.path()), Vec::<u32>::new());
        let left: Vec<_> = fs::read_dir(self.state())
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        assert_eq!(left, Vec::<PathBuf>::new());
    }
}

impl Drop for Machine {
    /// Whatever a failed test left running goes with it.
    fn drop(&mut self) {
        for pid in processes(self.root.path()) {
            kill(pid, libc::SIGKILL);
        }
        for pid in processes(self.root.path()) {
            kill(pid, libc::SIGKILL);
        }
    }
}

/// Running processes that name this path in their command or environment.
pub(crate) fn processes(path: &Path) -> Vec<u32> {
    let mark = path.as_os_str().as_encoded_bytes();
    let names = |file: String| {
        fs::read(file).is_ok_and(|bytes| bytes.windows(mark.len()).any(|part| part == mark))
    };
    let pids = fs::read_dir("/proc").unwrap();
    pids.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            names(format!("/proc/{pid}/cmdline")) || names(format!("/proc/{pid}/environ"))
        })
        .collect()
}

pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn kill(pid: u32, signal: i32) {
    #[expect(unsafe_code, reason = "the standard library cannot signal by number")]
    // SAFETY: `kill` takes two numbers and touches no memory.
    unsafe {
        libc::kill(libc::pid_t::try_from(pid).unwrap(), signal);
    }
}

/// A program of this crate's `examples`, built together with the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(
        path.exists(),
        "`{}` is missing; build it with: cargo build --examples",
        path.display()
    );
    path
}

/// Writes a zip of the stand-in as `bootstrap` and these files.
pub(crate) fn write_zip(to: &Path, files: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(File::create(to).unwrap());
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("bootstrap", stored.unix_permissions(0o755)).unwrap();
    zip.write_all(&fs::read(example("stand-in")).unwrap()).unwrap();
    for (name, bytes) in files {
        zip.start_file(*name, stored.unix_permissions(0o644)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}
