//! Container images by the command itself: the same bytes twice, sent without Docker, and run by
//! Docker with the Lambda emulator inside.

use std::fs;
use std::process::{Command, Output};

use crate::support::{edit, heart_disease, json, transaction_text};
use mlship_testkit::engine::DockerEngine;
use mlship_testkit::registry::Registry;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;
use serde_json::Value;

#[test]
fn an_image_is_the_same_in_two_folders_and_others_read_it() {
    let digests = [transaction_text(), transaction_text()].map(|(sandbox, project)| {
        let packed = json(&sandbox, &project, &["package", "--format", "image"], 0);
        let artifact = &packed["artifact"];
        assert_eq!(artifact["format"], "image");
        let folder = project.join(artifact["path"].as_str().expect("a path"));
        let seen = skopeo(&["inspect", &format!("oci:{}", folder.display())]);
        let digest = format!("sha256:{}", artifact["sha256"].as_str().expect("a digest"));
        assert_eq!(seen["Digest"], digest);
        assert_eq!(seen["Architecture"], "amd64");
        digest
    });
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn what_a_registry_has_is_not_sent_again() {
    let registry = Registry::start();
    let (sandbox, project) = transaction_text();
    let name = format!("{}/team/text", registry.host());
    let push = |tag: &str| {
        let to = format!("{name}:{tag}");
        json(&sandbox, &project, &["package", "--push", &to], 0)["pushed"].clone()
    };
    let first = push("1");
    assert!(first["uploaded-bytes"].as_u64() > Some(2_000_000), "{first}");
    let again = push("1");
    assert_eq!(again["uploaded-bytes"], 0, "{again}");
    assert_eq!(again["digest"], first["digest"]);

    edit(&project, "    top: 3\n", "    top: 10\n");
    json(&sandbox, &project, &["package", "--record"], 0);
    let changed = push("2");
    assert_ne!(changed["digest"], first["digest"]);
    let sent = changed["uploaded-bytes"].as_u64().expect("a number");
    assert!((1..200_000).contains(&sent), "only what changed, not weights and runtime: {sent}");
    let seen = skopeo(&["inspect", "--tls-verify=false", &format!("docker://{name}:2")]);
    assert_eq!(seen["Digest"], changed["digest"]);
}

#[test]
fn docker_pulls_the_image_and_the_emulator_inside_it_answers() {
    let (engine, registry) = (DockerEngine::running(), Registry::start());
    let (sandbox, project) = heart_disease();
    let base = format!("{}/base/emulator:1", registry.host());
    emulator_image(&sandbox, &engine, &base);
    edit(&project, "kind: lambda-zip", "kind: lambda-image");
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    let manifest = format!("{manifest}\nimage: {{base: \"{base}\"}}\n");
    fs::write(project.join("mlship.yaml"), manifest).expect("a manifest");

    let image = format!("{}/team/heart:1", registry.host());
    let args = ["package", "--provider", "aws", "--push", &image];
    let pushed = json(&sandbox, &project, &args, 0)["pushed"].clone();
    assert!(pushed["mounted"].as_u64() >= Some(1), "the base's layers are mounted: {pushed}");
    docker(&engine, &["pull", &image]);
    let pulled = docker(&engine, &["image", "inspect", "--format", "{{.RepoDigests}}", &image]);
    assert!(pulled.contains(pushed["digest"].as_str().expect("a digest")), "{pulled}");
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let container = docker(
        &engine,
        &[
            "run",
            "--detach",
            "--read-only",
            "--network",
            "host",
            "--entrypoint",
            "/aws-lambda-rie",
            &image,
            "--runtime-interface-emulator-address",
            &address,
            "--runtime-api-address",
            &format!("127.0.0.1:{}", free_port()),
            "/var/task/bootstrap",
        ],
    );
    let request = fs::read_to_string(project.join("samples/1.json")).expect("a sample");
    let answer = invoke(port, &request);
    docker(&engine, &["rm", "--force", container.trim()]);
    docker(&engine, &["rmi", "--force", &image]);
    assert_eq!(answer["diagnosis"], "heart-disease", "{answer}");
}

#[test]
fn docker_loads_what_is_saved_for_it() {
    let engine = DockerEngine::running();
    let (sandbox, project) = transaction_text();
    json(&sandbox, &project, &["package", "--save", "image.tar"], 0);
    let archive = project.join("image.tar");
    let loaded = docker(&engine, &["load", "--input", &archive.to_string_lossy()]);
    assert!(loaded.contains("transaction-text:latest"), "{loaded}");
    let request = fs::read(project.join("samples/1.json")).expect("a sample");
    let mut run = Command::new("docker");
    run.args(["-H", &engine.address(), "run", "--rm", "--interactive", "--read-only", "--tmpfs"]);
    run.args(["/tmp", "--network", "none", "transaction-text", "--answer"]);
    let output = with_input(run, &request);
    docker(&engine, &["rmi", "--force", "transaction-text"]);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let expected = fs::read_to_string(project.join("samples/1.expect.json")).expect("a sample");
    let expected = serde_json::from_str(&expected).expect("JSON");
    mlship_core::sample::compare(&expected, &answer).expect("the sample's answer");
}

#[test]
fn a_dockerfile_of_the_users_own_becomes_an_image_that_is_sent_without_docker() {
    let (engine, registry) = (DockerEngine::running(), Registry::start());
    let (sandbox, project) = heart_disease();
    let dockerfile =
        "FROM scratch\nCOPY . /var/task/\nENV STAGE=test\nENTRYPOINT [\"/var/task/bootstrap\"]\n";
    fs::write(project.join("Dockerfile"), dockerfile).expect("a Dockerfile");
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    let manifest = format!("{manifest}\nimage: {{dockerfile: Dockerfile}}\n");
    fs::write(project.join("mlship.yaml"), manifest).expect("a manifest");
    let image = format!("{}/team/own:1", registry.host());
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).args(["package", "--push", &image, "--output", "json"]);
    let ran = command.env("DOCKER_HOST", engine.address()).output().expect("the tool starts");
    let ran = mlship_testkit::sandbox::Ran::from(ran).ended(0);
    let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let seen = skopeo(&["inspect", "--tls-verify=false", &format!("docker://{image}")]);
    assert_eq!(seen["Digest"], answer["pushed"]["digest"]);
    assert!(seen["Env"].to_string().contains("STAGE=test"), "{seen}");
}

#[test]
fn a_registry_that_is_not_there_is_told_by_name() {
    let (sandbox, project) = heart_disease();
    let failed = json(&sandbox, &project, &["package", "--push", "127.0.0.1:9/a/b:1"], 6);
    let message = failed["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("127.0.0.1:9"), "{failed}");
    let failed = json(&sandbox, &project, &["package", "--push", "Not A Name"], 2);
    assert!(failed["error"]["message"].as_str().is_some_and(|text| text.contains("Not A Name")));
}

/// Sends an image with nothing but the emulator in it.
fn emulator_image(sandbox: &Sandbox, engine: &DockerEngine, to: &str) {
    let folder = sandbox.path().join("emulator");
    fs::create_dir(&folder).expect("a folder");
    fs::copy(tools::lambda_emulator(), folder.join("aws-lambda-rie")).expect("the emulator");
    fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY aws-lambda-rie /\n").expect("a file");
    docker(engine, &["build", "--quiet", "--tag", to, &folder.to_string_lossy()]);
    docker(engine, &["push", "--quiet", to]);
    docker(engine, &["rmi", "--force", to]);
}

/// Asks the emulator until it listens.
fn invoke(port: u16, event: &str) -> Value {
    let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations");
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--retry", "50", "--retry-connrefused"]);
    curl.args(["--retry-delay", "0", "--retry-max-time", "60", "--data", event, &url]);
    let output = curl.output().expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

pub(crate) fn docker(engine: &DockerEngine, args: &[&str]) -> String {
    let output = Command::new("docker").args(["-H", &engine.address()]).args(args).output();
    let output = output.expect("docker runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "docker {args:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

fn skopeo(args: &[&str]) -> Value {
    let output = Command::new(tools::skopeo()).args(args).output().expect("skopeo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn with_input(mut command: Command, input: &[u8]) -> Output {
    use std::io::Write;
    use std::process::Stdio;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child.stdin.take().expect("its input").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends")
}
