//! A handler in an image on a base that has a Python, run by Docker.

use std::fs;
use std::process::Command;

use mlship_testkit::engine::DockerEngine;
use mlship_testkit::registry::Registry;
use mlship_testkit::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::images::{docker, with_input};
use crate::python_packages::{MANIFEST, packaged, project};

/// Copies Debian's own Python with its library and the libraries of C that it needs.
const ROOT: &str = r#"
import glob, os, shutil, subprocess, sys
root, library = sys.argv[1], "/usr/lib/python3.11"
def put(path):
    to = root + path
    if not os.path.exists(to):
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.realpath(path), to)
put("/usr/bin/python3.11")
without = shutil.ignore_patterns("__pycache__", "test", "idlelib", "tkinter", "ensurepip")
shutil.copytree(library, root + library, ignore=without, ignore_dangling_symlinks=True)
loaded = ["/usr/bin/python3.11", *glob.glob(library + "/lib-dynload/*.so")]
named = ["libstdc++.so.6", "libgcc_s.so.1", "librt.so.1", "libdl.so.2", "libpthread.so.0"]
for line in subprocess.run(["ldd", *loaded], capture_output=True, text=True).stdout.splitlines():
    words = line.split()
    path = words[2] if "=>" in words else words[0]
    if path.startswith("/") and os.path.isfile(path):
        put(path)
for name in named:
    put("/lib/x86_64-linux-gnu/" + name)
"#;

/// Sends a base image with a Python of 3.11 and nothing else.
fn python_image(sandbox: &Sandbox, engine: &DockerEngine, to: &str) {
    let folder = sandbox.path().join("python");
    let root = folder.join("root");
    fs::create_dir_all(&root).expect("a folder");
    let made = Command::new("/usr/bin/python3.11").args(["-c", ROOT]).arg(&root).status();
    assert!(made.expect("Debian's Python starts").success());
    fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY root/ /\nENV PATH=/usr/bin\n")
        .expect("a file");
    docker(engine, &["build", "--quiet", "--tag", to, &folder.to_string_lossy()]);
    docker(engine, &["push", "--quiet", to]);
    docker(engine, &["rmi", "--force", to]);
}

#[test]
fn a_handler_answers_in_an_image_on_a_python_of_another_s() {
    let (engine, registry) = (DockerEngine::running(), Registry::start());
    let base = format!("{}/team/python:3.11", registry.host());
    let manifest = MANIFEST.replace("functions-flex", "container-apps").replace("traced", "safe");
    let (sandbox, project) = project(&format!("{manifest}image: {{base: \"{base}\"}}\n"));
    python_image(&sandbox, &engine, &base);
    let args = ["--provider", "azure", "--save", "image.tar"];
    let built = packaged(&sandbox, &project, &args);
    assert_eq!(built["provenance"]["packages"]["platform"], "x86_64-manylinux_2_28", "{built}");

    let archive = project.join("image.tar");
    docker(&engine, &["load", "--input", &archive.to_string_lossy()]);
    let mut run = Command::new("docker");
    run.args(["-H", &engine.address(), "run", "--rm", "--interactive", "--read-only", "--tmpfs"]);
    run.args(["/tmp", "--network", "none", "sums", "--answer"]);
    let output = with_input(run, br#"{"rows": [[1, 0], [0, 1]]}"#);
    docker(&engine, &["rmi", "--force", "sums"]);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(answer, json!({"sums": [[1, 2], [3, 4]]}));
}
