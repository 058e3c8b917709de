//! What every test of the command shares.

use std::path::{Path, PathBuf};

use mlship_testkit::sandbox::{Ran, Sandbox};

/// The top of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A sandbox with a copy of the heart-disease example in `project`.
pub(crate) fn heart_disease() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&root().join("examples/heart-disease"), "project");
    (sandbox, project)
}

/// A sandbox with a copy of the transaction-text example in `project`.
pub(crate) fn transaction_text() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&root().join("examples/transaction-text"), "project");
    (sandbox, project)
}

/// Replaces `from` by `to` in the manifest, where it must be.
pub(crate) fn edit(project: &Path, from: &str, to: &str) {
    let path = project.join("mlship.yaml");
    let text = std::fs::read_to_string(&path).expect("a manifest");
    assert!(text.contains(from), "`{from}` in\n{text}");
    std::fs::write(path, text.replace(from, to)).expect("a manifest");
}

/// Runs the tool in `folder`.
pub(crate) fn mlship(sandbox: &Sandbox, folder: &Path, args: &[&str]) -> Ran {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(folder).args(args);
    command.output().expect("the tool starts").into()
}

/// Runs the tool and reads its JSON answer.
pub(crate) fn json(
    sandbox: &Sandbox,
    folder: &Path,
    args: &[&str],
    code: i32,
) -> serde_json::Value {
    let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
    let ran = mlship(sandbox, folder, &args).ended(code);
    serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.stdout, ran.stderr))
}
