//! The whole way on this machine: from a trained file to an answering endpoint, and away again.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{heart_disease, json, mlship};
use serde_json::{Value, json};

/// Ends what a failed test left running.
struct Deployed<'a>(&'a mlship_testkit::sandbox::Sandbox, &'a std::path::Path);

impl Drop for Deployed<'_> {
    fn drop(&mut self) {
        let _ = mlship(self.0, self.1, &["destroy"]);
    }
}

#[test]
fn deploys_answers_stays_and_leaves_nothing_behind() {
    let (sandbox, project) = heart_disease();
    let _deployed = Deployed(&sandbox, &project);

    let first = mlship(&sandbox, &project, &["deploy"]).ended(0);
    assert!(first.stdout.contains(r#""diagnosis": "heart-disease""#), "{}", first.stdout);
    let status = json(&sandbox, &project, &["status"], 0);
    let url = status["deployment"]["url"].as_str().expect("a URL").to_owned();
    assert!(first.stdout.contains(&url), "{}", first.stdout);
    let page = format!("{url}/ is a page to try it on");
    assert!(first.stdout.contains(&page), "{}", first.stdout);
    assert_eq!(status["deployment"]["state"], "ready");

    let again = json(&sandbox, &project, &["deploy"], 0);
    assert_eq!(again["changed"], false);
    assert_eq!(again["deployment"], status["deployment"], "a second run changes nothing");
    let said = mlship(&sandbox, &project, &["deploy"]).ended(0);
    assert!(said.stderr.contains("nothing changed"), "{}", said.stderr);

    let request = fs::read_to_string(project.join("samples/1.json")).expect("the sample");
    let expect = fs::read_to_string(project.join("samples/1.expect.json")).expect("its answer");
    let (status, answer) = post(&url, &request);
    assert_eq!(status, 200);
    let expect: Value = serde_json::from_str(&expect).expect("JSON");
    mlship_core::sample::compare(&expect, &answer).expect("the sample's answer");

    let (status, problem) = post(&url, r#"{"age": "old"}"#);
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["field"], "/age");

    mlship(&sandbox, &project, &["destroy"]).ended(0);
    assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err(), "nobody listens");
    assert_eq!(processes_in(sandbox.path()), Vec::<String>::new());
    let state = sandbox.path().join("state/mlship");
    let left: Vec<_> =
        fs::read_dir(&state).map(|entries| entries.flatten().collect()).unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
    let again = mlship(&sandbox, &project, &["destroy"]).ended(0);
    assert!(again.stdout.contains("nothing to remove"), "{}", again.stdout);
}

#[test]
fn a_changed_manifest_becomes_a_version_and_can_be_rolled_back() {
    let (sandbox, project) = heart_disease();
    let _deployed = Deployed(&sandbox, &project);
    mlship(&sandbox, &project, &["deploy"]).ended(0);

    let manifest = project.join("mlship.yaml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let renamed = text.replace("field: diagnosis", "field: verdict").replace(
        "samples:\n  - {request: samples/1.json, expect: samples/1.expect.json}\n  - {request: samples/2.json, expect: samples/2.expect.json}",
        "samples:\n  - {request: samples/1.json}",
    );
    assert_ne!(text, renamed);
    fs::write(&manifest, renamed).expect("a new manifest");
    let plan = json(&sandbox, &project, &["plan"], 0);
    assert!(!plan["steps"].as_array().expect("steps").is_empty());
    let second = json(&sandbox, &project, &["deploy"], 0);
    assert_eq!(second["answer"]["verdict"], "heart-disease");
    assert_eq!(second["deployment"]["versions"].as_array().map(Vec::len), Some(2));

    mlship(&sandbox, &project, &["rollback"]).ended(0);
    let answer = json(&sandbox, &project, &["invoke"], 0);
    assert_eq!(answer["answer"]["diagnosis"], "heart-disease");
}

#[test]
fn a_wrong_sample_stops_the_deploy_before_anything_is_made() {
    let (sandbox, project) = heart_disease();
    fs::write(project.join("samples/1.expect.json"), r#"{"diagnosis": "clear"}"#)
        .expect("a sample");
    let ran = mlship(&sandbox, &project, &["deploy"]).ended(7);
    assert!(ran.stderr.contains("samples/1.json"), "{}", ran.stderr);
    let status = json(&sandbox, &project, &["status"], 0);
    assert_eq!(status["deployment"], Value::Null);
}

#[test]
fn init_writes_a_manifest_that_deploys_as_it_is() {
    let (sandbox, project) = heart_disease();
    let own = sandbox.path().join("own");
    fs::create_dir(&own).expect("a folder");
    fs::copy(project.join("model.onnx"), own.join("model.onnx")).expect("the model");
    let _deployed = Deployed(&sandbox, &own);
    mlship(&sandbox, &own, &["init", "model.onnx"]).ended(0);
    let manifest = fs::read_to_string(own.join("mlship.yaml")).expect("a manifest");
    for part in ["age: float?", "thal: float?", "labels: [clear, heart-disease]"] {
        assert!(manifest.contains(part), "{part} in\n{manifest}");
    }
    let answer = json(&sandbox, &own, &["deploy"], 0);
    assert!(answer["answer"]["label"].is_string(), "{answer}");
    mlship(&sandbox, &own, &["destroy"]).ended(0);

    fs::write(own.join("mlship.yaml"), "mine").expect("a manifest");
    let refused = mlship(&sandbox, &own, &["init", "model.onnx"]).ended(2);
    assert!(refused.stderr.contains("mlship.yaml"), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(own.join("mlship.yaml")).expect("a manifest"), "mine");
}

#[test]
fn a_name_that_another_folder_deployed_is_left_alone() {
    let (sandbox, project) = heart_disease();
    let other = sandbox.copy(&project, "other");
    let _deployed = Deployed(&sandbox, &project);
    mlship(&sandbox, &project, &["deploy"]).ended(0);
    let status = json(&sandbox, &other, &["status"], 0);
    assert_eq!(status["deployment"]["settings"]["project"], project.to_string_lossy().as_ref());
    crate::support::change(&other);
    for command in ["plan", "deploy", "destroy", "rollback"] {
        let ran = mlship(&sandbox, &other, &[command]).ended(6);
        for words in [project.to_string_lossy(), other.to_string_lossy(), "`name`".into()] {
            assert!(ran.stderr.contains(&*words), "{words} in\n{}", ran.stderr);
        }
    }
    assert_eq!(json(&sandbox, &project, &["status"], 0), status, "nothing has changed");

    // Said so, it is taken over, once; then it is the first that is refused.
    let adopted = json(&sandbox, &other, &["deploy", "--adopt"], 0);
    assert_eq!(adopted["deployment"]["versions"].as_array().map(Vec::len), Some(2));
    assert_eq!(json(&sandbox, &other, &["deploy"], 0)["changed"], false);
    mlship(&sandbox, &project, &["destroy"]).ended(6);
    // A folder that is gone owns nothing.
    fs::rename(&other, sandbox.path().join("elsewhere")).expect("a new name");
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

/// Sends a prediction request over a connection of its own.
fn post(url: &str, body: &str) -> (u16, Value) {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).expect("somebody listens");
    let request = format!(
        "POST /predict HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}

/// The command lines of processes whose program or folder is below `folder`.
fn processes_in(folder: &std::path::Path) -> Vec<String> {
    let folder = folder.to_string_lossy().into_owned();
    fs::read_dir("/proc")
        .expect("/proc")
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok())
        .filter(|line| line.contains(&folder))
        .collect()
}
