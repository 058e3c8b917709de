//! The environment that is made: locked, kept, and its failures told.

use std::path::Path;

use mlship_export::{Environment, Loader, Recipe};
use mlship_testkit::tools;

fn recipe(requirement: &str) -> Recipe {
    Recipe {
        loader: Loader::Joblib,
        requirements: vec![requirement.into()],
        python: ">=3.10,<3.14",
    }
}

#[test]
fn it_is_made_once_from_a_lock_with_digests() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let mut tell = |text: &str| told.push(text.to_owned());
    let wanted = recipe("joblib==1.5.2");
    let made = Environment::made(&wanted, &tools::uv(), folder.path(), &mut tell).unwrap();
    // What is there needs no uv.
    let again = Environment::made(&wanted, Path::new("/nowhere/uv"), folder.path(), &mut tell);
    assert_eq!(again.unwrap(), made);
    assert_eq!(told, ["installing joblib==1.5.2"]);
    let homes: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [home] = homes.as_slice() else { panic!("{homes:?}") };
    let lock = std::fs::read_to_string(home.join("lock.txt")).unwrap();
    assert!(lock.contains("--hash=sha256:"), "{lock}");
    let python = home.join("venv/bin/python");
    let output = std::process::Command::new(python)
        .args(["-c", "import joblib; print(joblib.__version__)"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "1.5.2");
}

#[test]
fn what_cannot_be_had_is_said_in_a_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let failed = |requirement: &str, uv: &Path| {
        Environment::made(&recipe(requirement), uv, folder.path(), &mut |_| {}).unwrap_err()
    };
    let error = failed("joblib==0.0.999", &tools::uv()).to_string();
    assert!(error.contains("joblib==0.0.999") && !error.contains('\n'), "{error}");
    let error = failed("joblib", Path::new("/nowhere/uv")).to_string();
    assert_eq!(error, "`/nowhere/uv` is not there");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
