//! `init` without a model's name: what is served is found by what is in the files.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_testkit::sandbox::Sandbox;

use crate::convert::models;
use crate::handlers::rows;
use crate::networks::made;
use crate::support::{mlship, root};

/// A folder of that name with these files.
fn folder(sandbox: &Sandbox, name: &str, files: &[PathBuf]) -> PathBuf {
    let folder = sandbox.path().join(name);
    fs::create_dir(&folder).expect("a folder");
    for file in files {
        fs::copy(file, folder.join(file.file_name().expect("a name"))).expect("a copy");
    }
    folder
}

/// The model that a bare `init` takes there.
fn taken(sandbox: &Sandbox, folder: &Path) -> String {
    mlship(sandbox, folder, &["init", "--lane", "python"]).ended(0);
    let manifest = fs::read_to_string(folder.join("mlship.yaml")).expect("a manifest");
    let path = manifest.lines().find_map(|line| line.trim().strip_prefix("path: "));
    path.expect("a path").to_owned()
}

#[test]
fn the_one_model_of_a_folder_is_found_by_its_content() {
    let sandbox = Sandbox::new();
    let notes = root().join("examples/car-damage/labels.txt");
    let settings = root().join("examples/transaction-text/config.json");
    for (at, model) in [
        rows().join("named.ubj"),
        rows().join("stopped.json"),
        models().join("boosted.txt"),
        rows().join("booster.pkl"),
        made("networks").join("conv.pth"),
    ]
    .into_iter()
    .enumerate()
    {
        let files = [model.clone(), notes.clone(), settings.clone()];
        let found = taken(&sandbox, &folder(&sandbox, &format!("folder-{at}"), &files));
        assert_eq!(Some(found.as_str()), model.file_name().and_then(|name| name.to_str()));
    }
    let several =
        folder(&sandbox, "several", &[rows().join("named.ubj"), rows().join("stopped.json")]);
    let ran = mlship(&sandbox, &several, &["init"]).ended(2);
    assert!(ran.stderr.contains("`named.ubj`, `stopped.json`"), "{}", ran.stderr);
    let none = folder(&sandbox, "none", &[notes, settings]);
    let ran = mlship(&sandbox, &none, &["init"]).ended(2);
    assert!(ran.stderr.contains("there is no model here"), "{}", ran.stderr);
}

#[test]
fn a_folder_of_transformers_is_found_from_inside_and_from_above() {
    let sandbox = Sandbox::new();
    sandbox.copy(&made("texts").join("classes"), "above/clf");
    let above = sandbox.path().join("above");
    // What is found is a folder, which the lane of handlers refuses by its name.
    for (folder, path) in [(above.clone(), "`clf`"), (above.join("clf"), "`.`")] {
        let ran = mlship(&sandbox, &folder, &["init", "--lane", "python"]).ended(2);
        assert!(ran.stderr.contains("it is a folder"), "{}", ran.stderr);
        assert!(ran.stderr.contains(path), "{}", ran.stderr);
    }
}

#[test]
fn short_names_are_made_of_what_tells_them_apart() {
    let sandbox = Sandbox::new();
    for (name, wanted) in [("x6", "name: x6-model"), ("7", "name: model-7"), ("ü", "name: boosted")]
    {
        let folder = folder(&sandbox, name, &[]);
        let model = if name == "ü" { "boosted.txt" } else { "model.txt" };
        fs::copy(models().join("boosted.txt"), folder.join(model)).expect("a copy");
        let ran = mlship(&sandbox, &folder, &["init", "--lane", "python"]).ended(0);
        let manifest = fs::read_to_string(folder.join("mlship.yaml")).expect("a manifest");
        assert!(manifest.contains(wanted), "{manifest}");
        let called = wanted.replace("name:", "is called");
        assert!(ran.stdout.contains(&called), "{}", ran.stdout);
    }
}
