//! The real binary on small bundles, and a bare HTTP client.
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses its own part")]

#[cfg(feature = "fetch")]
pub(crate) mod away;
pub(crate) mod bridge;
pub(crate) mod bundles;
pub(crate) mod client;
pub(crate) mod emulator;
pub(crate) mod forms;
#[cfg(feature = "worker")]
pub(crate) mod handlers;
#[cfg(feature = "image")]
pub(crate) mod pictures;
pub(crate) mod proxy;
pub(crate) mod runtime_api;
pub(crate) mod server;
pub(crate) mod shown;
#[cfg(feature = "fetch")]
pub(crate) mod store;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The binary under test.
pub(crate) const RUNTIME: &str = env!("CARGO_BIN_EXE_mlship-runtime");

/// The folder of one of the networks of `tests/models/tiny.py`.
pub(crate) fn tiny(name: &str) -> PathBuf {
    static ROOT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        run(Command::new(mlship_testkit::tools::python())
            .arg(script("tiny.py"))
            .arg(folder.path()));
        folder
    });
    root.path().join(name)
}

/// A script of `tests/models`.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// `mlship-runtime --answer`: the exit code and the JSON.
pub(crate) fn answer(bundle: &Path, request: impl AsRef<[u8]>) -> (i32, Value) {
    let mut child = Command::new(RUNTIME)
        .args(["--answer", "--bundle"])
        .arg(bundle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The process may stop reading when the request is over its bound.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), request.as_ref());
    let output = child.wait_with_output().unwrap();
    let code = output.status.code().expect("an exit code");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?}, {stderr}", output.stdout));
    (code, json)
}

/// `mlship-runtime --answer` without a request, where the bundle itself is at fault.
pub(crate) fn serve_nothing(bundle: &Path) -> Output {
    let mut command = Command::new(RUNTIME);
    command.args(["--answer", "--bundle"]).arg(bundle).stdin(Stdio::null()).output().unwrap()
}
