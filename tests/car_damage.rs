//! The example of pictures, by the command itself: what its manifest names, and a form with a
//! picture that is answered here and on Lambda. A small network stands in for the example's own,
//! which takes minutes to make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::aws;
use crate::support::{json, root};
use mlship_core::sample::compare;
use mlship_testkit::aws::emulator;
use mlship_testkit::aws::moto::Moto;
use mlship_testkit::aws::proxy::Proxy;
use mlship_testkit::fixture::made_once;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;
use serde_json::{Value, json};

const STORE: &str = "s3://mlship-123456789012-eu-central-1/mlship/car-damage/models";

/// The samples, and what is to be seen on them.
const SEEN: [(&str, &str); 2] = [("1", "scratched"), ("2", "broken-glass")];

/// A copy of the example without the model, which may have been made there.
fn example() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&root().join("examples/car-damage"), "project");
    fs::remove_file(project.join("model.onnx")).ok();
    (sandbox, project)
}

/// The example with the small network and its answers.
fn with_stand_in() -> (Sandbox, PathBuf) {
    let (sandbox, project) = example();
    let (of, script) =
        (root().join("examples/car-damage"), root().join("tests/car_damage/stand_in.py"));
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("car-damage");
    let scripts = [of.join("pictures.py"), of.join("train.py"), script.clone()];
    made_once(&made, &scripts.each_ref().map(PathBuf::as_path), |folder| {
        let mut python = Command::new(tools::torch_python());
        let ran = python.arg(&script).arg(&of).arg(folder).env("OMP_NUM_THREADS", "1").output();
        let ran = ran.expect("Python");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    });
    sandbox.copy(&made, "project");
    (sandbox, project)
}

fn expected(project: &Path, sample: &str) -> Value {
    let text = fs::read(project.join(format!("samples/{sample}.expect.json"))).expect("a sample");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn all_that_the_manifest_names_is_there_but_the_model() {
    let (sandbox, project) = example();
    json(&sandbox, &project, &["check-limits"], 0);
    let told = json(&sandbox, &project, &["package"], 2);
    let findings = told["error"]["findings"].as_array().expect("findings");
    let [finding] = findings.as_slice() else { panic!("{told}") };
    assert_eq!(finding["message"], "`model.path` names `model.onnx`, and there is no such file");
    let labels = fs::read_to_string(project.join("labels.txt")).expect("the labels");
    assert_eq!(labels.lines().count(), 4);
    for (sample, damage) in SEEN {
        assert_eq!(expected(&project, sample)["damage"], damage);
        assert!(labels.lines().any(|label| label == damage), "{damage}");
        assert!(project.join(format!("samples/{sample}.jpg")).exists());
    }
}

#[test]
fn a_form_that_curl_posts_is_answered() {
    let (sandbox, project) = with_stand_in();
    let deployed = json(&sandbox, &project, &["deploy"], 0);
    let url = deployed["deployment"]["url"].as_str().expect("an address");
    for (sample, damage) in SEEN {
        let mut curl = Command::new("curl");
        curl.current_dir(&project).args(["--silent", "--show-error", "--form"]);
        curl.arg(format!("picture=@samples/{sample}.jpg")).arg(format!("{url}/predict"));
        let ran = curl.output().expect("curl");
        let answer: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        assert_eq!(answer["damage"], damage, "{answer}");
        compare(&expected(&project, sample), &answer).expect("the sample's answer");
    }
    json(&sandbox, &project, &["destroy", "--yes"], 0);
}

#[test]
fn a_form_is_answered_by_the_function_with_weights_from_the_store() {
    let (sandbox, project) = with_stand_in();
    let moto = Moto::start();
    let storage = moto.url();
    let proxy = Proxy::start(moto.address(), move |zip, event| started(zip, event, &storage));
    let url = proxy.url();

    let packed = aws::read(aws::mlship(&url, &sandbox, &project, &["package"]));
    let archive = project.join(packed["artifact"]["path"].as_str().expect("a path"));
    let fetched = &packed["fetched"][0];
    assert_eq!(fetched["name"], "weights.data", "{packed}");
    let whole = fs::metadata(project.join("model.onnx")).expect("the model").len();
    let weights = fetched["bytes"].as_u64().expect("a size");
    assert!(weights * 100 > whole * 95, "{weights} of {whole} bytes are weights");
    let inside = sizes(&archive);
    let left = inside["model.onnx"].as_u64().expect("the graph");
    assert!(inside["weights.data"].is_null() && left * 20 < whole, "{inside}");

    let deployed = aws::read(aws::mlship(&url, &sandbox, &project, &["deploy"]));
    assert_eq!(deployed["answer"]["damage"], SEEN[0].1, "{deployed}");
    let live = &deployed["deployment"]["versions"][0];
    assert_eq!(live["content-sha256"], packed["artifact"]["content-sha256"], "{deployed}");

    let zip = fs::read(&archive).expect("the artifact");
    for (sample, damage) in SEEN {
        let picture = fs::read(project.join(format!("samples/{sample}.jpg"))).expect("a picture");
        let event = posted(&picture).to_string();
        let answer = started(&zip, event.as_bytes(), &moto.url()).expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(answer["statusCode"], 200, "{answer}");
        let body = answer["body"].as_str().expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["damage"], damage, "{body}");
        compare(&expected(&project, sample), &body).expect("the sample's answer");
    }
    let picture = fs::read(project.join("samples/1.jpg")).expect("a picture");
    let alone = emulator::answer(&zip, posted(&picture).to_string().as_bytes());
    let answered = alone.is_ok_and(|answer| String::from_utf8_lossy(&answer).contains("scratched"));
    assert!(!answered, "without the store there are no weights");
    aws::read(aws::mlship(&url, &sandbox, &project, &["destroy", "--yes"]));
}

/// A new instance of the function, with nothing in its scratch folder, answers one event.
fn started(zip: &[u8], event: &[u8], storage: &str) -> Result<Vec<u8>, String> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let scratch = scratch.path().to_string_lossy();
    let environment = [
        ("MLSHIP_MODEL_STORE", STORE),
        ("MLSHIP_SCRATCH", scratch.as_ref()),
        ("AWS_ENDPOINT_URL_S3", storage),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ];
    emulator::answer_with(zip, event, &environment)
}

/// What a function URL makes of a form that a browser or curl posts.
fn posted(picture: &[u8]) -> Value {
    let head = "--mark\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"car.jpg\"\r\n\
                Content-Type: image/jpeg\r\n\r\n";
    let form = [head.as_bytes(), picture, b"\r\n--mark--\r\n"].concat();
    json!({
        "version": "2.0", "rawPath": "/predict", "rawQueryString": "",
        "headers": {"content-type": "multipart/form-data; boundary=mark"},
        "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"},
        "body": aws::base64(&form), "isBase64Encoded": true,
    })
}

/// The files of a zip and their lengths, as Python reads it.
fn sizes(zip: &Path) -> Value {
    const SCRIPT: &str = "
import json, sys, zipfile
files = zipfile.ZipFile(sys.argv[1]).infolist()
print(json.dumps({file.filename: file.file_size for file in files}))
";
    let mut python = Command::new(tools::python());
    let output = python.args(["-c", SCRIPT]).arg(zip).output().expect("Python");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
