//! The whole way on AWS Lambda, by the command itself: moto keeps the books, and the artifact's
//! own `bootstrap` answers under the Lambda runtime interface emulator.

use std::fs;
use std::path::Path;

use crate::support::{edit, heart_disease, transaction_text};
use mlship_testkit::aws::moto::Moto;
use mlship_testkit::aws::proxy::Proxy;
use mlship_testkit::aws::{conformance, emulator};
use mlship_testkit::sandbox::{Ran, Sandbox};
use serde_json::{Value, json};

/// Runs the tool with AWS at `url`.
pub(crate) fn mlship(url: &str, sandbox: &Sandbox, folder: &Path, args: &[&str]) -> Ran {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(folder).args(args).args(["--provider", "aws", "--output", "json"]);
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.output().expect("the tool starts").into()
}

/// What a run that ended well said.
pub(crate) fn read(ran: Ran) -> Value {
    let ran = ran.ended(0);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

#[test]
fn deploys_again_changes_rolls_back_and_leaves_nothing() {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address(), emulator::answer);
    let url = proxy.url();
    let (sandbox, project) = heart_disease();
    let run = |args: &[&str]| mlship(&url, &sandbox, &project, args);

    let plan = read(run(&["plan"]));
    assert!(plan["steps"].as_array().is_some_and(|steps| steps.len() >= 4), "{plan}");
    assert_eq!(proxy.writes(), Vec::<String>::new(), "a plan writes nothing");

    let first = read(run(&["deploy"]));
    assert_eq!(first["answer"]["diagnosis"], "heart-disease", "{first}");
    assert!(first["deployment"]["url"].as_str().is_some_and(|url| url.starts_with("https://")));
    let mut calls = proxy.calls();

    proxy.play(Default::default());
    let again = read(run(&["deploy"]));
    assert_eq!(again["changed"], false);
    let writes = proxy.writes();
    assert!(writes.iter().all(|call| call.contains("Invoke")), "{writes:?}");
    calls.extend(proxy.calls());

    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let renamed = text
        .replace("memory-mb: 128", "memory-mb: 256")
        .replace("labels: [clear, heart-disease]", "labels: [clear, heart-disease]\n    top: 1");
    for sample in ["samples/1.expect.json", "samples/2.expect.json"] {
        let path = project.join(sample);
        let mut expected: Value =
            serde_json::from_slice(&fs::read(&path).expect("a sample")).expect("JSON");
        let answers = match &mut expected {
            Value::Array(answers) => answers.iter_mut().collect::<Vec<_>>(),
            answer => vec![answer],
        };
        for answer in answers {
            let label = answer["diagnosis"].as_str().expect("a label").to_owned();
            let score = answer["probabilities"][&label].clone();
            answer["probabilities"] = json!({ label: score });
        }
        fs::write(&path, expected.to_string()).expect("a sample");
    }
    fs::write(&manifest, renamed).expect("a manifest");
    proxy.play(Default::default());
    let second = read(run(&["deploy"]));
    assert_ne!(second["deployment"]["live"], first["deployment"]["live"]);
    assert_eq!(second["deployment"]["settings"]["memory-mb"], "256", "{second}");
    assert_eq!(second["answer"]["probabilities"].as_object().map(|scores| scores.len()), Some(1));

    let back = read(run(&["rollback"]));
    assert_eq!(back["deployment"]["live"], first["deployment"]["live"]);
    let answer = read(run(&["invoke"]));
    assert_eq!(answer["answer"]["probabilities"].as_object().map(|scores| scores.len()), Some(2));

    mlship(&url, &sandbox, &project, &["destroy"]).ended(2);
    read(run(&["destroy", "--yes"]));
    assert_eq!(read(run(&["status"]))["deployment"], Value::Null);
    calls.extend(proxy.calls());
    assert_eq!(conformance::problems(&calls), Vec::<String>::new());
}

#[test]
fn the_packaged_zip_answers_every_kind_of_http_event() {
    let (sandbox, project) = heart_disease();
    let ran = mlship("http://127.0.0.1:9", &sandbox, &project, &["package"]).ended(0);
    let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let path = answer["artifact"]["path"].as_str().expect("a path");
    let zip = fs::read(project.join(path)).expect("the artifact");
    assert_eq!(modes(&project.join(path)), "3 100755 bootstrap\n3 100644 bundle.json\n");
    let request = fs::read_to_string(project.join("samples/1.json")).expect("a sample");
    for (name, event) in [
        (
            "function URL",
            json!({
                "version": "2.0", "rawPath": "/predict", "rawQueryString": "",
                "headers": {"content-type": "application/json"},
                "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"},
                "body": request, "isBase64Encoded": false,
            }),
        ),
        (
            "API Gateway v2",
            json!({
                "version": "2.0", "routeKey": "POST /predict", "rawPath": "/prod/predict",
                "headers": {"content-type": "application/json"},
                "requestContext": {"http": {"method": "POST", "path": "/prod/predict"}, "stage": "prod"},
                "body": base64(request.as_bytes()), "isBase64Encoded": true,
            }),
        ),
        (
            "API Gateway v1",
            json!({
                "resource": "/predict", "path": "/predict", "httpMethod": "POST",
                "headers": {"Content-Type": "application/json"},
                "multiValueHeaders": {"Content-Type": ["application/json"]},
                "requestContext": {"httpMethod": "POST", "path": "/prod/predict", "stage": "prod"},
                "body": request, "isBase64Encoded": false,
            }),
        ),
    ] {
        let answer = emulator::answer(&zip, event.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
        let body: Value =
            serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(body["diagnosis"], "heart-disease", "{name}: {body}");
    }
}

#[test]
fn an_image_shares_the_traffic_is_promoted_and_rolled_back() {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address(), emulator::answer_of_image);
    let url = proxy.url();
    let (sandbox, project) = transaction_text();
    edit(&project, "kind: lambda-zip", "kind: lambda-image");
    let run = |args: &[&str]| mlship(&url, &sandbox, &project, args);
    let shares = |deployment: &Value| {
        let versions = deployment["versions"].as_array().expect("versions").iter();
        versions.map(|version| version["share"].as_u64()).collect::<Vec<_>>()
    };

    let first = read(run(&["deploy"]));
    assert_eq!(first["deployment"]["kind"], "lambda-image");
    assert!(first["answer"]["category"].is_string(), "{first}");
    let digest = &first["deployment"]["settings"]["image"];
    assert!(digest.as_str().is_some_and(|text| text.starts_with("sha256:")), "{first}");
    let mut calls = proxy.calls();

    proxy.play(Default::default());
    assert_eq!(read(run(&["deploy"]))["changed"], false);
    let writes = proxy.writes();
    assert!(writes.iter().all(|call| call.contains("Invoke")), "{writes:?}");
    assert!(proxy.calls().iter().all(|call| call.service != "registry"), "nothing is sent");
    calls.extend(proxy.calls());

    edit(&project, "    top: 3\n", "    top: 2\n");
    mlship("http://127.0.0.1:9", &sandbox, &project, &["package", "--record"]).ended(0);
    proxy.play(Default::default());
    let second = read(run(&["deploy", "--weight", "10"]));
    assert_eq!(second["deployment"]["live"], first["deployment"]["live"], "{second}");
    assert_eq!(shares(&second["deployment"]), [Some(10), Some(90)]);
    assert_eq!(read(run(&["deploy", "--weight", "10"]))["changed"], false);

    let half = read(run(&["promote", "--weight", "50"]));
    assert_eq!(shares(&half["deployment"]), [Some(50), Some(50)]);
    let whole = read(run(&["promote"]));
    assert_eq!(shares(&whole["deployment"]), [Some(100), Some(0)]);
    assert_ne!(whole["deployment"]["live"], first["deployment"]["live"]);
    let status = read(run(&["status"]));
    let versions = status["deployment"]["versions"].as_array().expect("versions");
    assert!(versions.iter().all(|version| version["content-sha256"].is_string()), "{status}");

    let back = read(run(&["rollback"]));
    assert_eq!(back["from"]["id"], whole["deployment"]["live"]);
    assert_eq!(back["to"]["content-sha256"], first["deployment"]["versions"][0]["content-sha256"]);
    read(run(&["destroy", "--yes"]));
    assert_eq!(read(run(&["status"]))["deployment"], Value::Null);
    calls.extend(proxy.calls());
    let calls: Vec<_> = calls.into_iter().filter(|call| call.service != "registry").collect();
    assert_eq!(conformance::problems(&calls), Vec::<String>::new());
}

#[test]
fn a_fetched_model_comes_from_the_store_when_the_function_starts() {
    let moto = Moto::start();
    let store = "s3://mlship-123456789012-eu-central-1/mlship/transaction-text/models";
    let storage = moto.url();
    let proxy = Proxy::start(moto.address(), move |zip, event| {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let scratch = scratch.path().to_string_lossy();
        let environment = [
            ("MLSHIP_MODEL_STORE", store),
            ("MLSHIP_SCRATCH", scratch.as_ref()),
            ("AWS_ENDPOINT_URL_S3", storage.as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
        ];
        emulator::answer_with(zip, event, &environment)
    });
    let url = proxy.url();
    let (sandbox, project) = transaction_text();
    edit(&project, "  path: model.onnx\n", "  path: model.onnx\n  delivery: fetch\n");
    let run = |args: &[&str]| mlship(&url, &sandbox, &project, args);
    let packed = read(mlship("http://127.0.0.1:9", &sandbox, &project, &["package"]));
    assert_eq!(packed["fetched"][0]["name"], "weights.data", "{packed}");
    let deployed = read(run(&["deploy"]));
    assert!(deployed["answer"]["category"].is_string(), "{deployed}");
    let calls = proxy.calls();
    let created = calls.iter().find(|call| call.operation() == "CreateFunction").expect("a call");
    let body: Value = serde_json::from_slice(&created.body).expect("JSON");
    assert_eq!(body["Environment"]["Variables"]["MLSHIP_MODEL_STORE"], store);
    proxy.play(Default::default());
    assert_eq!(read(run(&["deploy"]))["changed"], false);
    assert!(proxy.writes().iter().all(|call| call.contains("Invoke")), "{:?}", proxy.writes());
    read(run(&["destroy", "--yes"]));
}

/// Who made the first two entries of a zip (3 is Unix) and with what modes, as Python reads it.
fn modes(zip: &Path) -> String {
    const SCRIPT: &str = "
import sys, zipfile
for entry in zipfile.ZipFile(sys.argv[1]).infolist()[:2]:
    print(entry.create_system, format(entry.external_attr >> 16, 'o'), entry.filename)
";
    let mut python = std::process::Command::new(mlship_testkit::tools::python());
    let output = python.args(["-c", SCRIPT]).arg(zip).output().expect("python");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// RFC 4648, as gateways encode a body.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |part: &[u8]| {
        let bits = part.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - part.len()));
        (0..4)
            .map(|place| match place <= part.len() {
                true => LETTERS[(bits >> (18 - 6 * place) & 63) as usize] as char,
                false => '=',
            })
            .collect::<String>()
    };
    bytes.chunks(3).map(encode).collect()
}
