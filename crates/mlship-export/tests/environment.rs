//! The environment that is made: locked, kept, and its failures told.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use mlship_export::{Builds, Environment, Loader, Recipe};
use mlship_testkit::tools;

fn recipe(requirement: &str) -> Recipe {
    Recipe {
        loader: Loader::Joblib,
        requirements: vec![requirement.into()],
        python: ">=3.10,<3.14",
        builds: Builds::Any,
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

/// The index that has torch for processors alone is not asked here: a program in uv's place writes
/// down what uv would be told.
#[test]
fn torch_is_asked_for_without_what_graphics_cards_need() {
    let folder = tempfile::tempdir().unwrap();
    let (uv, told) = (folder.path().join("uv"), folder.path().join("told.txt"));
    let script = format!("#!/bin/sh\necho \"$@\" >> {}\nmkdir -p venv/bin\n", told.display());
    std::fs::write(&uv, script).unwrap();
    std::fs::set_permissions(&uv, PermissionsExt::from_mode(0o755)).unwrap();
    for (builds, backend) in [(Builds::Processor, "--torch-backend cpu"), (Builds::Any, "")] {
        let wanted = Recipe { builds, ..recipe("torch<2.10") };
        let _ = std::fs::remove_file(&told);
        Environment::made(&wanted, &uv, folder.path(), &mut |_| {}).unwrap();
        let said = std::fs::read_to_string(&told).unwrap();
        let [venv, compile, sync] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
        assert!(venv.starts_with("venv ") && !venv.contains("torch"), "{said}");
        for line in [compile, sync] {
            assert_eq!(line.contains("--torch-backend"), !backend.is_empty(), "{said}");
            assert!(line.starts_with("pip ") && line.ends_with(backend), "{said}");
        }
    }
    // The real one knows the argument, and says so before it asks any index.
    for verb in ["compile", "sync"] {
        let help = Command::new(tools::uv()).args(["pip", verb, "--help"]).output().unwrap();
        let help = String::from_utf8_lossy(&help.stdout);
        let at = help.find("--torch-backend").expect("the argument");
        assert!(help[at..].contains("[possible values: auto, cpu,"), "{help}");
    }
}
