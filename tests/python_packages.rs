//! A handler whose packages go along: locked, installed for the target, made smaller, proven, and
//! answered with by the runtime where the provider starts it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mlship_testkit::aws::emulator;
use mlship_testkit::aws::moto::Moto;
use mlship_testkit::aws::proxy::Proxy;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = r#"
version: 1
name: sums
model: {path: rates.json}
input: {tensor: {}}
output: {tensor: {}}
python: {handler: "app:answer", version: "3.11", requirements: requirements.txt, slim: traced}
samples:
  - {request: samples/1.json, expect: samples/1.expect.json}
resources: {memory-mb: 512, timeout-s: 20}
targets:
  aws: {region: eu-central-1, kind: lambda-zip}
  azure: {location: westeurope, kind: functions-flex}
  gcp: {project: my-project, region: europe-west1}
"#;

/// Where the model's file is put: moto's account is always this one.
const STORE: &str = "s3://mlship-123456789012-eu-central-1/mlship/sums/models";

/// Multiplies; and imports what it is asked to, as a library does that looks for what is there.
const APP: &str = r#"
import importlib, json, os
import numpy

def load():
    global rates
    with open(os.environ["MLSHIP_MODEL"]) as file:
        rates = numpy.array(json.load(file))

def answer(request):
    if "module" in request:
        try:
            importlib.import_module(request["module"])
        except ImportError:
            return "without"
        return "with"
    return {"sums": rates @ numpy.array(request["rows"])}
"#;

/// A project with this manifest.
pub(crate) fn project(manifest: &str) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let project = sandbox.path().join("project");
    fs::create_dir_all(project.join("samples")).expect("a folder");
    for (name, text) in [
        ("mlship.yaml", manifest),
        ("app.py", APP),
        ("requirements.txt", "numpy==2.2.6\n"),
        ("rates.json", "[[1, 2], [3, 4]]"),
        ("samples/1.json", r#"{"rows": [[1.5, 0], [0, 2]]}"#),
        ("samples/1.expect.json", r#"{"sums": [[1.5, 4.0], [4.5, 8.0]]}"#),
    ] {
        fs::write(project.join(name), text).expect("a file");
    }
    (sandbox, project)
}

/// The tool with the tests' Python and uv.
fn tool(sandbox: &Sandbox, project: &Path, args: &[&str]) -> Command {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(project).args(args);
    command.envs(environment());
    command
}

/// The tests' Python and uv, how this machine reaches the package index, and what came from there
/// before.
pub(crate) fn environment() -> Vec<(String, OsString)> {
    let reach = std::env::vars().filter(|(name, _)| name.starts_with("SSL_CERT_"));
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let own = [
        ("MLSHIP_PYTHON", tools::python()),
        ("MLSHIP_UV", tools::uv()),
        ("UV_CACHE_DIR", home.join(".cache/uv")),
    ];
    let own = own.map(|(name, path)| (name.to_owned(), path.into_os_string()));
    reach.map(|(name, value)| (name, value.into())).chain(own).collect()
}

fn run(sandbox: &Sandbox, project: &Path, args: &[&str]) -> (i32, String, String) {
    let output = tool(sandbox, project, args).output().expect("the tool starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

pub(crate) fn packaged(sandbox: &Sandbox, project: &Path, args: &[&str]) -> Value {
    let args = [&["package", "--output", "json"], args].concat();
    let (code, said, talk) = run(sandbox, project, &args);
    assert_eq!(code, 0, "{said}{talk}");
    serde_json::from_str(&said).expect("JSON")
}

/// What the zip answers as a function of Lambda's whose Python has been left to it.
fn invoke(zip: &[u8], request: &Value) -> Value {
    let wrapper = [("AWS_LAMBDA_EXEC_WRAPPER", "/var/task/bootstrap")];
    let answer = emulator::answer_with(zip, request.to_string().as_bytes(), &wrapper);
    match answer {
        Ok(answer) => serde_json::from_slice(&answer).expect("JSON"),
        Err(told) => Value::String(told),
    }
}

#[test]
fn packages_go_along_smaller_and_answer_in_a_function() {
    let (sandbox, project) = project(MANIFEST);
    let built = packaged(&sandbox, &project, &["--provider", "aws"]);
    let provenance = &built["provenance"];
    assert_eq!(provenance["packages"]["slim"], "traced", "{built}");
    assert_eq!(provenance["packages"]["platform"], "x86_64-manylinux_2_17");
    assert_eq!(provenance["proved-on"], json!(["samples/1.json"]));
    let lock = project.join("requirements.x86_64-manylinux_2_17-py3.11.lock");
    assert!(fs::read_to_string(lock).expect("a lock").contains("numpy==2.2.6"));

    let bytes = built["artifact"]["unpacked_bytes"].as_u64();
    let bytes = bytes.or(built["artifact"]["unpacked-bytes"].as_u64()).expect("bytes");
    assert!(bytes < 60_000_000, "numpy alone has 71 MB as it is installed: {bytes}");
    let zip = fs::read(project.join(".mlship/sums.zip")).expect("the zip");
    for file in ["packages/mlship-slim.json", "packages/_mlship_rest.zip", "app.py"] {
        let name = file.as_bytes();
        assert!(zip.windows(name.len()).any(|window| window == name), "{file}");
    }

    let answer = invoke(&zip, &json!({"rows": [[1, 0], [0, 1]]}));
    assert_eq!(answer, json!({"sums": [[1, 2], [3, 4]]}));
    assert_eq!(invoke(&zip, &json!({"module": "numpy.polynomial.chebyshev"})), "with");
    let refused = invoke(&zip, &json!({"module": "numpy.random"})).to_string();
    assert!(refused.contains("add `keep: [numpy.random]`"), "{refused}");
}

#[test]
fn a_function_is_deployed_with_its_packages_and_its_model_in_the_store() {
    let moto = Moto::start();
    let store = moto.url();
    let proxy = Proxy::start(moto.address(), move |zip, event| {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let scratch = scratch.path().to_string_lossy();
        let environment = [
            ("MLSHIP_SCRATCH", scratch.as_ref()),
            ("AWS_LAMBDA_EXEC_WRAPPER", "/var/task/bootstrap"),
            ("AWS_ENDPOINT_URL_S3", store.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("MLSHIP_MODEL_STORE", STORE),
        ];
        emulator::answer_with(zip, event, &environment)
    });
    let manifest = MANIFEST.replace("rates.json}", "rates.json, delivery: fetch}");
    let (sandbox, project) = project(&manifest);
    let ran = |args: &[&str]| {
        let mut command = tool(&sandbox, &project, args);
        command
            .args(["--provider", "aws", "--output", "json"])
            .env("AWS_ENDPOINT_URL", proxy.url());
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().expect("the tool starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str::<Value>(&said).expect("JSON")
    };
    let first = ran(&["deploy"]);
    assert_eq!(first["answer"]["sums"][1][1], 8.0, "{first}");
    let settings = &first["deployment"]["settings"];
    assert_eq!(settings["runtime"], "python3.11", "{settings}");
    assert!(
        settings["fetched"].as_str().is_some_and(|files| files.starts_with(STORE)),
        "{settings}"
    );
    assert_eq!(ran(&["deploy"])["changed"], false, "the program in Python's stead is known again");
    ran(&["destroy", "--yes"]);
}

#[test]
fn the_same_packages_give_the_same_digest_anywhere() {
    let mut digests = Vec::new();
    let mut lock = String::new();
    for _ in 0..2 {
        let (sandbox, project) = project(&MANIFEST.replace("slim: traced", "slim: balanced"));
        let file = project.join("requirements.x86_64-manylinux_2_28-py3.11.lock");
        if !lock.is_empty() {
            fs::write(&file, &lock).expect("a lock");
        }
        let built = packaged(&sandbox, &project, &["--provider", "gcp"]);
        digests.push(built["artifact"]["sha256"].clone());
        lock = fs::read_to_string(&file).expect("a lock");
        // Another time, nothing is made anew.
        let (_, said, talk) = run(&sandbox, &project, &["package", "--provider", "gcp"]);
        assert!(said.contains("sha256") && !talk.contains("installing"), "{talk}");
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn packages_for_another_processor_are_the_same_twice() {
    let mut digests = Vec::new();
    let mut locks = None;
    for _ in 0..2 {
        let manifest = MANIFEST.replace("lambda-zip", "lambda-zip, architecture: arm64");
        let (sandbox, project) = project(&manifest);
        let lock = project.join("requirements.aarch64-manylinux_2_17-py3.11.lock");
        if let Some(text) = &locks {
            fs::write(&lock, text).expect("a lock");
        }
        // No runtime for it can be built here: the first bytes of a program stand for it.
        let runtime = sandbox.path().join("runtime");
        let head = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[2, 0, 183, 0]].concat();
        fs::write(&runtime, head).expect("a file");
        let mut command = tool(&sandbox, &project, &["package", "--provider", "aws"]);
        let output = command.arg("--output=json").env("MLSHIP_RUNTIME_PYTHON", runtime).output();
        let output = output.expect("the tool starts");
        let talk = String::from_utf8_lossy(&output.stderr);
        let built: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {talk}"));
        assert_eq!(
            built["provenance"]["packages"]["platform"], "aarch64-manylinux_2_17",
            "{built}"
        );
        assert_eq!(built["provenance"]["proved-on"], json!([]), "it does not run here: {built}");
        let zip = fs::read(project.join(".mlship/sums.zip")).expect("the zip");
        let names = |name: &str| zip.windows(name.len()).any(|part| part == name.as_bytes());
        assert!(names("cpython-311-aarch64-linux-gnu.so"));
        assert!(!names("cpython-311-x86_64-linux-gnu.so"));
        digests.push(built["artifact"]["sha256"].clone());
        locks = Some(fs::read_to_string(&lock).expect("a lock"));
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn what_goes_wrong_with_packages_is_told_with_its_line() {
    let (sandbox, project) = project(MANIFEST);
    let refused = |args: &[&str]| {
        let (code, said, talk) = run(&sandbox, &project, args);
        (code, said + &talk)
    };
    let (code, said) = refused(&["package", "--provider", "azure"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("this kind runs no Python code"), "{said}");

    fs::write(project.join("requirements.txt"), "# one\nnumpyy==1\n").expect("a file");
    let (code, said) = refused(&["package", "--provider", "aws"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("requirements.txt:2: no package is called `numpyy`"), "{said}");

    fs::write(project.join("requirements.txt"), "numpy==2.4.0\n").expect("a file");
    let (code, said) = refused(&["package", "--provider", "aws"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("requirements.txt:1: no wheel of `numpy==2.4.0` runs on"), "{said}");

    fs::write(project.join("requirements.txt"), "numpy==2.2.6\n").expect("a file");
    fs::write(project.join("app.py"), "import numpy\ndef answer(request)\n  return 1\n")
        .expect("a file");
    let (_, said) = refused(&["package", "--provider", "aws"]);
    assert!(said.contains("`app.py:2` is not Python"), "{said}");

    let older = MANIFEST.replace("\"3.11\"", "\"3.8\"");
    fs::write(project.join("mlship.yaml"), older).expect("a manifest");
    let (code, said) = refused(&["package", "--provider", "aws"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Lambda has no Python 3.8") && said.contains("3.12"), "{said}");
}

#[test]
fn a_lock_that_was_changed_and_pins_of_another_file_are_refused() {
    let (sandbox, project) = project(MANIFEST);
    packaged(&sandbox, &project, &["--provider", "aws"]);
    let file = project.join("requirements.x86_64-manylinux_2_17-py3.11.lock");
    let lock = fs::read_to_string(&file).expect("a lock");
    let refused = |words: &str| {
        let (code, said, talk) = run(&sandbox, &project, &["package", "--provider", "aws"]);
        assert!(code == 7 && talk.contains(words), "{code} {said}{talk}");
    };
    fs::write(&file, lock.replace("numpy==2.2.6", "numpy==2.2.5")).expect("a lock");
    refused("is not as it was written");
    fs::remove_file(&file).expect("it is there");
    let pinned = format!("numpy==2.2.6 --hash=sha256:{}\n", "0".repeat(64));
    fs::write(project.join("requirements.txt"), pinned).expect("a file");
    refused("by hashes that no file of it has");
    // What is included is part of what is locked.
    fs::write(project.join("requirements.txt"), "-r more.txt\n").expect("a file");
    for version in ["2.2.6", "2.2.5"] {
        fs::write(project.join("more.txt"), format!("numpy=={version}\n")).expect("a file");
        let (code, said, talk) = run(&sandbox, &project, &["package", "--provider", "aws"]);
        assert_eq!(code, 0, "{said}{talk}");
        let lock = fs::read_to_string(&file).expect("a lock");
        assert!(lock.contains(&format!("numpy=={version}")), "{lock}");
    }
}

#[test]
fn a_handler_that_hangs_leaves_or_writes_is_held() {
    let (sandbox, project) = project(&MANIFEST.replace("slim: traced", "slim: safe"));
    let app = fs::read_to_string(project.join("app.py")).expect("a handler");
    let mark = sandbox.path().join("left");
    // What it starts ends with it, and what it writes is no part of what is packed.
    let leaves = format!(
        "{app}\nimport subprocess\n\
         subprocess.Popen(['sh', '-c', 'sleep 20; touch {}'], start_new_session=True)\n\
         try:\n    with open(numpy.__file__, 'a') as file: file.write('# left there')\n\
         except OSError: pass\n",
        mark.display()
    );
    fs::write(project.join("app.py"), leaves).expect("a handler");
    let start = std::time::Instant::now();
    packaged(&sandbox, &project, &["--provider", "aws"]);
    let installed = project.join(".mlship/python/installed");
    let found = Command::new("grep").args(["-rl", "# left there"]).arg(&installed).output();
    assert_eq!(String::from_utf8_lossy(&found.expect("grep").stdout), "", "what is kept is whole");
    let left = Duration::from_secs(22).saturating_sub(start.elapsed());
    std::thread::sleep(left);
    assert!(!mark.exists(), "what it started goes on");
}

#[test]
fn what_the_manifest_keeps_must_be_there() {
    let keep = "slim: traced, keep: [numpy.random, numpy/fft, nonsense.module, ../../etc]";
    let (sandbox, project) = project(&MANIFEST.replace("slim: traced", keep));
    let (code, said, talk) = run(&sandbox, &project, &["package", "--provider", "aws"]);
    assert_eq!(code, 3, "{said}{talk}");
    assert!(talk.contains("`nonsense.module`, `../../etc`"), "{talk}");
}

#[test]
fn a_pickle_that_would_run_a_program_is_no_handlers_model() {
    let (sandbox, project) = project(MANIFEST);
    let make = "import os, pickle\n\
                class Harm:\n    def __reduce__(self): return os.system, ('touch harm',)\n\
                pickle.dump(Harm(), open('rates.pkl', 'wb'))";
    let made = Command::new(tools::python()).args(["-c", make]).current_dir(&project).status();
    assert!(made.expect("Python starts").success());
    let manifest = MANIFEST.replace("rates.json", "rates.pkl");
    let load = APP.replace("json.load(file)", "__import__('pickle').load(open('rates.pkl', 'rb'))");
    fs::write(project.join("app.py"), load).expect("a handler");
    // Of the last the function gets the code alone, and no runtime.
    let on_functions = manifest.replace("europe-west1", "europe-west1, kind: functions-v2");
    for (provider, manifest) in [("aws", &manifest), ("local", &manifest), ("gcp", &on_functions)] {
        fs::write(project.join("mlship.yaml"), manifest).expect("a manifest");
        let (code, said, talk) = run(&sandbox, &project, &["package", "--provider", provider]);
        assert!(code == 2 && talk.contains("os.system"), "{code} {said}{talk}");
    }
    assert!(!project.join("harm").exists());
}

#[test]
fn the_largest_level_names_the_key_that_it_needs() {
    let (sandbox, project) = project(&MANIFEST.replace("slim: traced", "slim: max"));
    let (code, _, said) = run(&sandbox, &project, &["package", "--provider", "aws"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("python.held-out"), "{said}");
    assert!(!said.contains("installing"), "{said}");
}
