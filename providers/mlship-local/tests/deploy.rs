//! Deploys that change, fail, meet each other, or are cut off.

#![expect(clippy::unwrap_used, reason = "test code")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use mlship_core::deployment::{Destination, Route};
use mlship_core::node::{Key, Node, Value};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use serde_json::json;
use support::release::at;
use support::{Machine, NAME, example};

#[tokio::test]
async fn a_wrong_answer_leaves_the_old_version_serving() {
    let machine = Machine::new();
    let old = machine.release("clear", &[]);
    machine.deploy(&old).await.unwrap();
    let process = machine.ask(json!({"do": "pid"})).await.unwrap();
    let mut new = machine.release("ill", &[]);
    new.samples[0].expect = Some(json!({"diagnosis": "clear"}));
    let error = machine.deploy(&new).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    assert!(error.to_string().contains("samples/1.json"), "{error}");
    assert!(error.to_string().contains("/diagnosis"), "{error}");
    assert_eq!(machine.diagnosis().await, "clear");
    assert_eq!(machine.ask(json!({"do": "pid"})).await.unwrap(), process, "not even restarted");
    assert!(machine.local.plan(&old).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_first_deploy_that_fails_leaves_nothing() {
    let machine = Machine::new();
    let error = machine.deploy(&machine.release("clear", &[("broken", b"")])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(error.to_string().contains("exited with status 3"), "{error}");
    let said = "it wrote: the model cannot be read";
    assert!(error.hints.iter().any(|hint| hint == said), "{:?}", error.hints);
    assert_eq!(machine.local.find(NAME).await.unwrap(), None);
    machine.assert_clean();
}

#[tokio::test]
async fn the_address_stays_across_versions() {
    let machine = Machine::new();
    let one = machine.deploy(&machine.release("clear", &[])).await.unwrap();
    let two = machine.deploy(&machine.release("ill", &[])).await.unwrap();
    assert_eq!(one.url, two.url);
    assert_eq!(machine.diagnosis().await, "ill");
    let back = machine.local.route(NAME, &back()).await.unwrap().deployment;
    assert_eq!(back.url, one.url);
    assert_eq!(machine.diagnosis().await, "clear");
}

#[tokio::test]
async fn another_memory_cap_is_a_version_without_unpacking_again() {
    let machine = Machine::new();
    let mut release = machine.release("clear", &[]);
    machine.deploy(&release).await.unwrap();
    release.project.resources.memory_mb = at(256);
    // What is unpacked already is not read again.
    std::fs::remove_file(&release.artifact.path).unwrap();
    let made = machine.deploy(&release).await.unwrap();
    assert_eq!(made.settings["memory-mb"], "256");
    assert_eq!(made.versions.len(), 2);
    assert_eq!(
        machine.ask(json!({"do": "eat", "mb": 128})).await.unwrap(),
        json!(7 * 128 * 1024 * 1024)
    );
}

fn on_port(release: &Release, port: u16) -> Release {
    let key = Key { name: "port".into(), span: 0..0 };
    let value = Node { span: 0..0, value: Value::Int(i64::from(port)) };
    let mut release = release.clone();
    let table = Node { span: 0..0, value: Value::Table(vec![(key, value)]) };
    release.project.targets.insert("local".into(), table);
    release
}

#[tokio::test]
async fn a_taken_port_is_refused_and_a_free_one_is_moved_to() {
    let machine = Machine::new();
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let release = machine.release("clear", &[]);
    let error = machine.deploy(&on_port(&release, port)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    machine.assert_clean();

    let before = machine.deploy(&release).await.unwrap();
    machine.deploy(&on_port(&release, port)).await.unwrap_err();
    assert_eq!(machine.until("ready").await, before);
    drop(other);
    let moved = machine.deploy(&on_port(&release, port)).await.unwrap();
    assert_eq!(moved.url.unwrap(), format!("http://127.0.0.1:{port}"));
    assert_eq!(moved.live, before.live);
    assert_eq!(machine.diagnosis().await, "clear");
}

#[tokio::test]
async fn a_kept_port_that_was_taken_meanwhile_is_changed() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    let before = machine.deploy(&release).await.unwrap();
    support::kill(machine.supervisor(), libc::SIGKILL);
    machine.until("stopped").await;
    let port: u16 = before.settings["port"].parse().unwrap();
    let _other = loop {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            break listener;
        }
    };
    let plan = machine.local.plan(&release).await.unwrap();
    let resources: Vec<_> = plan.steps.iter().map(|step| step.resource.as_str()).collect();
    assert_eq!(resources, ["address", "process"]);
    let after = machine.local.apply(&release, &plan, &Silent).await.unwrap();
    assert_ne!(after.url, before.url);
    assert_eq!(machine.diagnosis().await, "clear");
}

#[tokio::test]
async fn of_two_deploys_at_once_one_is_refused() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    let plan = machine.local.plan(&release).await.unwrap();
    let (one, two) = tokio::join!(
        machine.local.apply(&release, &plan, &Silent),
        machine.local.apply(&release, &plan, &Silent),
    );
    let (made, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(made.unwrap().state, "ready");
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(machine.diagnosis().await, "clear");
}

/// A deploy killed as each of its steps begins: then it is run again, or removed.
#[tokio::test]
async fn a_deploy_killed_at_any_step_is_finished_or_cleaned() {
    let mut killed = 0;
    for step in 1.. {
        for afterwards in ["deploy", "remove"] {
            let machine = Machine::new();
            let release = machine.release("clear", &[]);
            if !kill_at_step(&machine, &release, step) {
                assert!(killed >= 6, "only {killed} deploys were cut off");
                return;
            }
            killed += 1;
            if afterwards == "deploy" {
                let made = machine.deploy(&release).await.unwrap();
                assert_eq!(made.versions.len(), 1, "after step {step}");
                assert_eq!(machine.diagnosis().await, "clear");
                assert!(machine.local.plan(&release).await.unwrap().is_empty());
            }
            machine.local.remove(NAME, &Silent).await.unwrap();
            machine.assert_clean();
        }
    }
}

/// The same over a version that is live: something answers at every moment, old or new.
#[tokio::test]
async fn a_second_deploy_killed_at_any_step_leaves_a_version_serving() {
    for step in 1.. {
        let machine = Machine::new();
        let old = machine.release("clear", &[]);
        machine.deploy(&old).await.unwrap();
        let new = machine.release("ill", &[]);
        let reached = kill_at_step(&machine, &new, step);
        let found = machine.until("ready").await;
        let expected = if found.live.as_deref() == Some("1") { "clear" } else { "ill" };
        assert_eq!(machine.diagnosis().await, expected, "after step {step}");
        machine.deploy(&new).await.ok();
        assert_eq!(machine.diagnosis().await, "ill", "after step {step}");
        assert!(machine.local.plan(&new).await.unwrap().is_empty());
        let contents = std::fs::read_dir(machine.folder().join("contents")).unwrap().count();
        assert_eq!(contents, 2, "two versions and no rest of another, after step {step}");
        if !reached {
            assert!(step > 3, "only {} steps were cut off", step - 1);
            return;
        }
    }
}

/// True when the deploy had that many steps and was killed at this one.
fn kill_at_step(machine: &Machine, release: &Release, step: usize) -> bool {
    let mut deploy = Command::new(example("deploy"))
        .args([&machine.state(), &example("supervisor"), &release.artifact.path])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(deploy.stdout.take().unwrap()).lines();
    let steps = lines.map(|line| line.unwrap()).filter(|line| line.starts_with("step "));
    let reached = steps.take(step).count() == step;
    if reached {
        deploy.kill().unwrap();
    }
    deploy.wait().unwrap();
    reached
}

#[tokio::test]
async fn a_folder_in_disorder_can_be_removed() {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.folder().join("contents/half.partial/deep")).unwrap();
    std::fs::write(machine.folder().join("service.json"), b"{\"format\":").unwrap();
    let release = machine.release("clear", &[]);
    let error = machine.local.plan(&release).await.unwrap_err();
    assert!(error.hints.iter().any(|hint| hint.contains("destroy")), "{error:?}");
    machine.local.remove(NAME, &Silent).await.unwrap();
    machine.assert_clean();
    machine.deploy(&release).await.unwrap();
    assert_eq!(machine.diagnosis().await, "clear");
}

#[tokio::test]
async fn a_name_is_never_a_path() {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.root.path().join("precious")).unwrap();
    for name in ["../precious", "/", "", ".", "a/b"] {
        let error = machine.local.remove(name, &Silent).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{name:?}");
    }
    assert!(machine.root.path().join("precious").exists());
}

/// To the version before.
fn back() -> Route {
    Route { to: Destination::Previous, share: Share::ALL }
}
