//! Writes the models once, and runs `inspect` in a process of its own to see its memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use mlship_inspect::{Facts, inspect};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools::torch_python;

/// The folder with the models of `models.py` and `torch_models.py`.
pub(crate) fn models() -> &'static Path {
    static MODELS: OnceLock<PathBuf> = OnceLock::new();
    MODELS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect-models");
        let script =
            |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect").join(name);
        let (models, torch_models) = (script("models.py"), script("torch_models.py"));
        made_once(&folder, &[&models, &torch_models], |folder| {
            run(Command::new(mlship_testkit::tools::python()).arg(&models).arg(folder));
            run(Command::new(torch_python()).arg(&torch_models).arg(folder));
        });
        folder
    })
}

/// One of the models.
pub(crate) fn model(name: &str) -> PathBuf {
    models().join(name)
}

/// The facts of one of the models.
pub(crate) fn facts(name: &str) -> Facts {
    inspect(&model(name)).unwrap()
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out
}

/// What a process of its own prints for `path`, and the most memory it took, in MiB.
pub(crate) fn apart(path: &Path) -> (String, u64) {
    let test = std::env::current_exe().unwrap();
    let example = test.ancestors().nth(2).unwrap().join("examples/inspect");
    assert!(example.exists(), "build it with: cargo build -p mlship-inspect --examples");
    let output = Command::new(example).arg(path).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let peak = err.lines().find_map(|line| line.strip_prefix("peak-kib "));
    let peak: u64 = peak.unwrap_or_else(|| panic!("it died: {err}")).trim().parse().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), peak / 1024)
}
