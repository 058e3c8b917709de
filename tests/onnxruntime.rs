//! ONNX Runtime as the engine: found, packed with all it needs, and run where nothing else is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mlship_testkit::sandbox::{Ran, Sandbox};
use mlship_testkit::tools;
use serde_json::Value;

use crate::support::{edit, mlship, transaction_text};

/// Unpacks the archive into the folder, with its modes.
const UNPACK: &str = "
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        archive.extract(entry, sys.argv[2])
        os.chmod(os.path.join(sys.argv[2], entry.filename), entry.external_attr >> 16 & 0o777)
";

/// The files of an image layout, by layer, lowest first, and what it starts.
const LISTED: &str = "
import json, pathlib, sys, tarfile
top = pathlib.Path(sys.argv[1])
blob = lambda told: top / 'blobs' / told['digest'].replace(':', '/')
manifest = json.loads(blob(json.loads((top / 'index.json').read_text())['manifests'][0]).read_text())
layers = [sorted(m.name for m in tarfile.open(blob(l)) if m.isfile()) for l in manifest['layers']]
print(json.dumps([layers, json.loads(blob(manifest['config']).read_text())['config']['Entrypoint']]))
";

/// What an artifact has for this engine, besides licences.
const NEEDED: [&str; 10] = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libonnxruntime.so.1",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
    "mlship-runtime",
];

fn example(engine: &str) -> (Sandbox, PathBuf) {
    let (sandbox, project) = transaction_text();
    edit(&project, "path: model.onnx", &format!("path: model.onnx\n  engine: {engine}"));
    (sandbox, project)
}

/// `mlship package` with the library of the test environment, and without a network.
fn package(sandbox: &Sandbox, project: &Path, more: &[&str]) -> Ran {
    let library = tools::onnxruntime();
    let library = library.to_str().expect("a path of text");
    let args = ["package", "--output", "json", "--onnxruntime", library];
    mlship(sandbox, project, &[&args[..], more].concat())
}

fn python(script: &str, args: [&Path; 2]) -> Vec<u8> {
    let ran = Command::new(tools::python()).args(["-c", script]).args(args).output();
    let ran = ran.expect("Python");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

#[test]
fn an_artifact_runs_in_an_empty_folder_and_in_an_empty_root() {
    let packed = [example("onnxruntime"), example("onnxruntime")].map(|(sandbox, project)| {
        let packed = package(&sandbox, &project, &[]).ended(0);
        let packed: Value = serde_json::from_str(&packed.stdout).expect("JSON");
        (sandbox, project, packed)
    });
    let [(_first, project, told), (_second, _, again)] = &packed;
    assert_eq!(told["artifact"]["sha256"], again["artifact"]["sha256"], "the same bytes");
    assert_eq!(told["provenance"]["engine"], "onnxruntime");
    assert_eq!(told["provenance"]["onnxruntime"], "1.31.1");
    assert!(told["provenance"]["libraries"]["lib/libonnxruntime.so.1"].is_string(), "{told}");

    let root = project.join("empty");
    fs::create_dir_all(root.join("proc")).expect("a folder");
    let archive = project.join(".mlship/transaction-text.zip");
    python(UNPACK, [&archive, &root]);
    for name in NEEDED {
        assert!(root.join("lib").join(name).exists(), "{name}");
    }
    let expected = fs::read(project.join("samples/1.expect.json")).expect("a sample");
    let expected: Value = serde_json::from_slice(&expected).expect("JSON");
    let mut alone = Command::new(root.join("bootstrap"));
    alone.env_clear();
    let mut in_root = Command::new("/usr/bin/unshare");
    in_root.args(["-r", "-p", "-f", "-m", "--mount-proc=/proc", "--root"]).arg(&root);
    in_root.arg("/bootstrap").env_clear();
    for command in [&mut alone, &mut in_root] {
        let request = File::open(project.join("samples/1.json")).expect("a sample");
        let ran = command.arg("--answer").stdin(Stdio::from(request)).output().expect("it starts");
        let stderr = String::from_utf8_lossy(&ran.stderr);
        let answer: Value = serde_json::from_slice(&ran.stdout)
            .unwrap_or_else(|error| panic!("{command:?}: {error}: {stderr}"));
        mlship_core::sample::compare(&expected, &answer).expect("the sample's answer");
    }
}

#[test]
fn an_image_upon_nothing_has_the_loader_and_the_libraries_in_a_layer_of_their_own() {
    let (sandbox, project) = example("onnxruntime");
    package(&sandbox, &project, &["--format", "image"]).ended(0);
    let image = project.join(".mlship/transaction-text.image");
    let (layers, start): (Vec<Vec<String>>, Vec<String>) =
        serde_json::from_slice(&python(LISTED, [&image, &image])).expect("JSON");
    assert_eq!(start, ["/mlship/bootstrap"]);
    let lowest = layers.iter().find(|files| !files.is_empty()).expect("a layer with files");
    for name in NEEDED {
        assert!(lowest.contains(&format!("mlship/lib/{name}")), "{name}: {lowest:?}");
    }
    assert!(lowest.iter().all(|path| path.starts_with("mlship/lib/")), "{lowest:?}");
    assert!(lowest.contains(&"mlship/lib/onnxruntime-LICENSE.txt".to_owned()), "{lowest:?}");
}

#[test]
fn another_file_than_the_known_one_is_refused() {
    let (sandbox, project) = example("onnxruntime");
    let installed = project.join("other/capi");
    fs::create_dir_all(&installed).expect("a folder");
    let other = installed.join("libonnxruntime.so.1.31.1");
    fs::write(&other, b"\x7fELF of somebody else's").expect("a file");
    let args = ["package", "--onnxruntime", other.to_str().expect("a path of text")];
    let ran = mlship(&sandbox, &project, &args).ended(7);
    assert!(ran.stderr.contains("is not that of ONNX Runtime 1.31.1"), "{}", ran.stderr);
    assert!(!project.join(".mlship/transaction-text.zip").exists());
}

#[test]
fn a_library_that_cannot_be_had_is_told_at_its_line_and_is_not_needed_by_auto() {
    let without_pip = |sandbox: &Sandbox, project: &Path| -> Ran {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
        command.current_dir(project).arg("package").env("PATH", "/nonexistent");
        command.output().expect("the tool starts").into()
    };
    let (sandbox, project) = example("onnxruntime");
    let ran = without_pip(&sandbox, &project).ended(3);
    for words in ["could not be brought: there is no pip", "engine: onnxruntime", "--onnxruntime"] {
        assert!(ran.stderr.contains(words), "no `{words}` in {}", ran.stderr);
    }
    let (sandbox, project) = example("auto");
    let ran = without_pip(&sandbox, &project).ended(0);
    assert!(ran.stderr.contains("engine: native; ONNX Runtime is not compared"), "{}", ran.stderr);
}

#[test]
fn auto_measures_both_and_says_what_it_found() {
    let (sandbox, project) = example("auto\n  calls-per-start: 1");
    let packed = package(&sandbox, &project, &[]).ended(0);
    // A start with ONNX Runtime loads a library of 29 MB for a network of a few.
    let line = "engine: native; with 1 calls a start native takes";
    assert!(packed.stderr.contains(line), "{}", packed.stderr);
    let told: Value = serde_json::from_str(&packed.stdout).expect("JSON");
    assert_eq!(told["provenance"]["engine"], "neural");
}
