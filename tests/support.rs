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

/// Compares what a command said, from its first error or warning on, with the file that is kept in
/// the folder; `BLESS=1` writes it.
#[track_caller]
pub(crate) fn transcript(folder: &str, name: &str, args: &[&str], ran: &Ran) {
    let is_before = |line: &&str| !line.starts_with("error") && !line.starts_with("warning");
    let lines = ran.stderr.lines().skip_while(is_before);
    let words: String = lines.map(|line| format!("{line}\n")).collect();
    let said = format!("$ mlship {}\n{words}ends with {}\n", args.join(" "), ran.code);
    let path = root().join(format!("tests/{folder}/{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &said).expect("a transcript");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, said, "{} is out of step; BLESS=1 writes it", path.display());
}

/// Other labels in the example's answer, so that the next version is another one.
pub(crate) fn change(project: &Path) {
    edit(project, "field: diagnosis", "field: finding");
    for sample in ["samples/1.expect.json", "samples/2.expect.json"] {
        let path = project.join(sample);
        let text = std::fs::read_to_string(&path).expect("a sample");
        std::fs::write(&path, text.replace("\"diagnosis\"", "\"finding\"")).expect("a sample");
    }
}
