//! `mlship serve`: the service in the foreground, as a process and as a provider would run it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{change, edit, heart_disease, mlship};
use mlship_testkit::engine::DockerEngine;
use mlship_testkit::sandbox::Sandbox;
use serde_json::Value;

/// A `serve` that runs, and what it said of itself.
struct Served {
    process: Child,
    said: Value,
}

impl Served {
    fn start(sandbox: &Sandbox, project: &Path, args: &[&str], docker: &str) -> Self {
        let mut process = sandbox
            .command(env!("CARGO_BIN_EXE_mlship"))
            .current_dir(project)
            .args(["serve", "--port", "0", "--output", "json"])
            .args(args)
            .env("DOCKER_HOST", docker)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tool starts");
        let mut text = String::new();
        for line in BufReader::new(process.stdout.take().expect("its stdout")).lines() {
            text.push_str(&line.expect("a line"));
            if let Ok(said) = serde_json::from_str(&text) {
                return Self { process, said };
            }
        }
        panic!("it ended: {:?}, {text}", process.wait());
    }

    /// Sends the first sample and compares the answer.
    fn answers_the_sample(&self, project: &Path) {
        let sample = |name: &str| fs::read_to_string(project.join("samples").join(name));
        let (request, expect) = (sample("1.json"), sample("1.expect.json"));
        let address = self.said["url"].as_str().and_then(|url| url.strip_prefix("http://"));
        let mut stream = TcpStream::connect(address.expect("a URL")).expect("it listens");
        let request = request.expect("the sample");
        let length = request.len();
        write!(
            stream,
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{request}"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(" 200 "), "{answer}");
        let expect: Value = serde_json::from_str(&expect.expect("its answer")).expect("JSON");
        let body = serde_json::from_str(body).expect("JSON");
        mlship_core::sample::compare(&expect, &body).expect("the sample's answer");
    }

    /// Asks it to end, as a terminal's closing does.
    fn ends(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        assert_eq!(self.process.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_runtime_serves_until_it_is_asked_to_end() {
    let (sandbox, project) = heart_disease();
    let served = Served::start(&sandbox, &project, &[], "");
    served.answers_the_sample(&project);
    served.ends();
    let left = fs::read_dir(project.join(".mlship")).expect("the folder").flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("serve")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_changes_is_served_and_a_mistake_is_not() {
    let (sandbox, project) = heart_disease();
    let served = Served::start(&sandbox, &project, &[], "");
    let url = served.said["url"].as_str().expect("a URL").to_owned();
    let invoke = |args: &[&str]| {
        let args = [&["invoke", "--url", &url], args].concat();
        mlship(&sandbox, &project, &args)
    };
    let first = invoke(&[]).ended(0).stdout;
    assert!(first.contains("\"diagnosis\""), "{first}");

    // A manifest that cannot be served changes nothing.
    edit(&project, "classify:", "clasify:");
    std::thread::sleep(std::time::Duration::from_secs(2));
    // The manifest is not read for it.
    assert_eq!(invoke(&["--request", "samples/1.json"]).ended(0).stdout, first);
    edit(&project, "clasify:", "classify:");

    change(&project);
    let is_new = || invoke(&[]).stdout.contains("\"finding\"");
    let mut looks = 0;
    while !is_new() {
        looks += 1;
        assert!(looks < 500, "what changed is never served");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let table = project.join("rows.csv");
    fs::write(&table, "not,a,row\n1,2,3\n").expect("a file");
    let refused = invoke(&["--request", "rows.csv"]).ended(2);
    assert!(refused.stderr.contains("answered 4"), "{}", refused.stderr);
    served.ends();
}

#[test]
fn an_address_is_written_whole_and_one_that_is_dead_is_named() {
    let (sandbox, project) = heart_disease();
    let ran = mlship(&sandbox, &project, &["invoke", "--url", "localhost:8080"]).ended(2);
    assert!(ran.stderr.contains("--url http://127.0.0.1:8080"), "{}", ran.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", taken.local_addr().expect("its address"));
    drop(taken);
    let ran = mlship(&sandbox, &project, &["invoke", "--url", &url]).ended(6);
    assert!(ran.stderr.contains("does not answer"), "{}", ran.stderr);
}

#[test]
fn an_answer_from_elsewhere_and_one_without_end_are_failures() {
    let (sandbox, project) = heart_disease();
    let invoked = |head: &'static str, endless: bool| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let server = std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = listener.accept().expect("a caller");
            let _ = stream.read(&mut [0; 65_536]);
            let _ = stream.write_all(head.as_bytes());
            while endless && stream.write_all(&[b'1'; 65_536]).is_ok() {}
        });
        let ran = mlship(&sandbox, &project, &["invoke", "--url", &url]).ended(6);
        server.join().expect("the server");
        ran.stderr
    };
    let moved =
        "HTTP/1.1 302 Found\r\nlocation: https://else.example/in\r\ncontent-length: 0\r\n\r\n";
    let said = invoked(moved, false);
    assert!(said.contains("302") && said.contains("`https://else.example/in`"), "{said}");
    let said = invoked("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", true);
    assert!(said.contains("more than 67108864 bytes"), "{said}");
}

#[test]
fn a_tool_that_is_killed_takes_its_runtime_along() {
    let (sandbox, project) = heart_disease();
    let mut served = Served::start(&sandbox, &project, &[], "");
    let url = served.said["url"].as_str().expect("a URL").to_owned();
    served.process.kill().expect("it runs");
    served.process.wait().expect("it ends");
    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut looks = 0;
    while std::net::TcpStream::connect(&address).is_ok() {
        looks += 1;
        assert!(looks < 200, "the runtime goes on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // What it left behind is gone with the next run.
    let folders = || {
        let left = fs::read_dir(project.join(".mlship")).expect("the folder").flatten();
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("serve-")).count()
    };
    assert_eq!(folders(), 1);
    let next = Served::start(&sandbox, &project, &[], "");
    assert_eq!(folders(), 1);
    next.ends();
    assert_eq!(folders(), 0);
}

#[test]
fn an_image_is_run_behind_the_providers_protocol_under_its_limits() {
    let engine = DockerEngine::running();
    let (sandbox, project) = heart_disease();
    let command = |args: &[&str]| {
        let ran = Command::new("docker").args(["-H", &engine.address()]).args(args).output();
        String::from_utf8(ran.expect("docker runs").stdout).expect("text")
    };
    for (provider, cpu) in [("aws", "0.07 CPU, "), ("local", "")] {
        let args = ["--image", "--provider", provider];
        let served = Served::start(&sandbox, &project, &args, &engine.address());
        let told = format!("memory 128 MB, {cpu}/tmp 512 MB, root read-only");
        assert_eq!(served.said["conditions"], told);
        if provider == "local" {
            wait_for(&served);
        }
        served.answers_the_sample(&project);
        // It answered: that the engine says so too may take it a moment.
        let there = ["ps", "--all", "--quiet", "--filter", "ancestor=mlship/heart-disease"];
        let ran = command(&there);
        assert_eq!(ran.lines().count(), 1, "{ran}");
        served.ends();
        assert_eq!(command(&there), "", "a container is left");
    }
    assert_eq!(command(&["images", "--quiet", "mlship/heart-disease"]), "", "an image is left");
}

/// Without a protocol before it, the container's own port opens when it has started.
fn wait_for(served: &Served) {
    let address = served.said["url"].as_str().and_then(|url| url.strip_prefix("http://"));
    for _ in 0..1_500 {
        if TcpStream::connect(address.expect("a URL")).is_ok() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("nothing listens at {address:?}");
}

#[test]
fn without_an_engine_it_says_what_works() {
    let (sandbox, project) = heart_disease();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).args(["serve", "--image"]);
    let ran = command.env("DOCKER_HOST", "unix:///nowhere/docker.sock").output();
    let ran = mlship_testkit::sandbox::Ran::from(ran.expect("the tool starts")).ended(2);
    assert!(ran.stderr.contains("no Docker Engine answers at"), "{}", ran.stderr);
    assert!(ran.stderr.contains("deployed without one"), "{}", ran.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let ran = mlship(&sandbox, &project, &["serve", "--port", &port]).ended(2);
    assert!(ran.stderr.contains("--port PORT"), "{}", ran.stderr);
}
