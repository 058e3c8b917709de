//! A service after its deploy: it outlives the command, comes back, stays within its memory, and
//! leaves nothing when it goes.

mod support;

use std::fs;
use std::process::Command;

use mlship_core::deployment::LogQuery;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use serde_json::json;
use support::{Machine, NAME, example, is_alive, kill, processes};

#[tokio::test]
async fn survives_the_command_that_deployed_it() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    // `output` returns when nobody holds the pipes any more: a detached process must not.
    let output = Command::new(example("deploy"))
        .args([&machine.state(), &example("supervisor"), &release.artifact.path])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(machine.diagnosis().await, "clear");
    assert!(machine.local.plan(&release).await.unwrap().is_empty());
    let supervisor = fs::read_to_string(format!("/proc/{}/stat", machine.supervisor())).unwrap();
    let session = supervisor.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap();
    assert_eq!(session, machine.supervisor().to_string(), "it heads a session of its own");
    machine.local.remove(NAME, &Silent).await.unwrap();
    machine.assert_clean();
}

#[tokio::test]
async fn starts_again_after_a_crash() {
    let machine = Machine::new();
    machine.deploy(&machine.release("clear", &[])).await.unwrap();
    let before = machine.ask(json!({"do": "pid"})).await.unwrap();
    let crashed = machine.ask(json!({"do": "crash"})).await.unwrap_err();
    assert_eq!(crashed.kind, ErrorKind::Unavailable);
    let after = loop {
        if let Ok(pid) = machine.ask(json!({"do": "pid"})).await {
            break pid;
        }
    };
    assert_ne!(before, after);
    let lines = machine.local.logs(NAME, &LogQuery { since_ms: None, limit: 100 }).await.unwrap();
    assert!(lines.iter().any(|line| line.text.contains("exited with status 1")), "{lines:?}");
}

#[tokio::test]
async fn memory_beyond_the_cap_ends_the_process_and_mapped_weights_do_not() {
    let machine = Machine::new();
    let weights = vec![1_u8; 100 * 1024 * 1024];
    let release = machine.release("clear", &[("weights", &weights)]);
    assert_eq!(release.project.resources.memory_mb.value, 64);
    machine.deploy(&release).await.unwrap();
    let mapped = machine.ask(json!({"do": "map"})).await.unwrap();
    assert_eq!(mapped, json!(weights.len()));
    assert_eq!(
        machine.ask(json!({"do": "eat", "mb": 16})).await.unwrap(),
        json!(7 * 16 * 1024 * 1024)
    );
    machine.ask(json!({"do": "eat", "mb": 128})).await.unwrap_err();
    machine.until("ready").await;
    assert_eq!(machine.diagnosis().await, "clear");
}

#[tokio::test]
async fn sees_a_bare_environment() {
    let machine = Machine::new();
    machine.deploy(&machine.release("clear", &[])).await.unwrap();
    let names = machine.ask(json!({"do": "environment"})).await.unwrap();
    assert_eq!(names, json!(["LANG", "MLSHIP_BUNDLE", "MLSHIP_LISTEN", "PATH", "PORT"]));
}

#[tokio::test]
async fn what_it_writes_can_be_read() {
    let machine = Machine::new();
    machine.deploy(&machine.release("clear", &[])).await.unwrap();
    for text in ["one", "two", "three"] {
        machine.ask(json!({"do": "print", "text": text})).await.unwrap();
    }
    let query = LogQuery { since_ms: None, limit: 2 };
    let lines = loop {
        let lines = machine.local.logs(NAME, &query).await.unwrap();
        if lines.last().is_some_and(|line| line.text == "three") {
            break lines;
        }
    };
    assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["two", "three"]);
    let later = LogQuery { since_ms: Some(lines[1].at_ms + 1), limit: 100 };
    assert_eq!(machine.local.logs(NAME, &later).await.unwrap(), []);
}

#[tokio::test]
async fn dies_with_its_supervisor_and_is_started_by_the_next_deploy() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    let made = machine.deploy(&release).await.unwrap();
    machine.ask(json!({"do": "spawn"})).await.unwrap();
    let runtime = machine.ask(json!({"do": "pid"})).await.unwrap().as_u64().unwrap();
    kill(machine.supervisor(), libc::SIGKILL);
    machine.until("stopped").await;
    while is_alive(u32::try_from(runtime).unwrap()) {
        tokio::task::yield_now().await;
    }
    let plan = machine.local.plan(&release).await.unwrap();
    assert_eq!(plan.steps.len(), 1, "{plan:?}");
    let again = machine.local.apply(&release, &plan, &Silent).await.unwrap();
    assert_eq!((again.url, again.live), (made.url, made.live), "neither address nor version moved");
    assert_eq!(processes(machine.root.path()).len(), 2, "a supervisor and a runtime, no stray");
}

#[tokio::test]
async fn a_process_that_ignores_termination_is_removed_all_the_same() {
    let machine = Machine::new();
    machine.deploy(&machine.release("clear", &[("stubborn", b"")])).await.unwrap();
    machine.ask(json!({"do": "spawn"})).await.unwrap();
    assert_eq!(processes(machine.root.path()).len(), 3, "supervisor, runtime and its child");
    let removed = machine.local.remove(NAME, &Silent).await.unwrap();
    assert!(!removed.is_empty());
    machine.assert_clean();
}

#[tokio::test]
async fn a_stale_record_of_a_process_harms_nobody() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    machine.deploy(&release).await.unwrap();
    let mut status = machine.status();
    kill(machine.supervisor(), libc::SIGKILL);
    machine.until("stopped").await;
    // The number now belongs to another process, which started at another time.
    let mut bystander = Command::new("sleep").arg("1000").spawn().unwrap();
    status["supervisor"]["pid"] = json!(bystander.id());
    fs::write(machine.folder().join("status.json"), status.to_string()).unwrap();
    assert_eq!(machine.local.find(NAME).await.unwrap().unwrap().state, "stopped");
    machine.deploy(&release).await.unwrap();
    machine.local.remove(NAME, &Silent).await.unwrap();
    assert!(bystander.try_wait().unwrap().is_none(), "the bystander lives");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    machine.assert_clean();
}

#[tokio::test]
async fn a_process_that_is_no_longer_ready_is_seen() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    machine.deploy(&release).await.unwrap();
    let content = machine.folder().join("contents").join(&release.artifact.content_sha256);
    fs::write(content.join("unready"), b"").unwrap();
    assert_eq!(machine.local.find(NAME).await.unwrap().unwrap().state, "starting");
    let plan = machine.local.plan(&release).await.unwrap();
    assert_eq!(plan.steps[0].differences[0].from.as_deref(), Some("not ready"));
    fs::remove_file(content.join("unready")).unwrap();
    let stale = machine.local.apply(&release, &plan, &Silent).await.unwrap_err();
    assert_eq!(stale.kind, ErrorKind::Conflict);
    assert!(machine.local.plan(&release).await.unwrap().is_empty());
}

#[tokio::test]
async fn ends_by_itself_when_its_folder_is_taken_away() {
    let machine = Machine::new();
    machine.deploy(&machine.release("clear", &[])).await.unwrap();
    let supervisor = machine.supervisor();
    let child = machine.ask(json!({"do": "pid"})).await.unwrap();
    let child: u32 = child.to_string().trim_matches('"').parse().unwrap();
    fs::remove_dir_all(machine.state()).unwrap();
    while is_alive(supervisor) || is_alive(child) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
