//! JSON lines on a pipe: the real binary between two processes.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::{RUNTIME, bundles};

fn start(bundle: &Path) -> Child {
    Command::new(RUNTIME)
        .args(["--stdio", "--bundle"])
        .arg(bundle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The answers to these bytes, one a line, and the exit code.
fn pass(bundle: &Path, bytes: impl AsRef<[u8]> + Send + 'static) -> (Vec<Value>, Option<i32>) {
    let mut child = start(bundle);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(bytes.as_ref()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (answers, output.status.code())
}

fn row(age: u32) -> String {
    format!(r#"{{"age": {age}, "visits": 3, "smoker": true}}"#)
}

fn score(age: u32) -> Value {
    json!({"score": [f64::from(age) + 30.0, 103.0]})
}

/// The most memory that a process has used, in KiB.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn each_line_is_answered_by_a_line_in_its_place() {
    let folder = bundles::write(&bundles::table());
    let list = format!("[{}, {}]", row(1), row(2));
    let lines = [
        row(40),
        String::new(),
        "{".into(),
        list,
        r#"{"age": 40, "visits": "3", "smoker": true}"#.into(),
        "  \r".into(),
        row(20) + "\r",
        "\u{0}".into(),
        row(61),
    ];
    // The last line may lack its end.
    let (answers, code) = pass(folder.path(), lines.join("\n"));
    assert_eq!(code, Some(0));
    assert_eq!(answers[0], score(40));
    assert_eq!((&answers[1]["status"], &answers[1]["line"]), (&json!(400), &json!(3)));
    assert_eq!(answers[2], json!([score(1), score(2)]));
    assert_eq!((&answers[3]["field"], &answers[3]["line"]), (&json!("/visits"), &json!(5)));
    assert_eq!(answers[3]["type"], "urn:mlship:problem:wrong-type");
    assert_eq!(answers[4], score(20));
    assert_eq!((&answers[5]["status"], &answers[5]["line"]), (&json!(400), &json!(8)));
    assert_eq!(answers[6], score(61));
    assert_eq!(answers.len(), 7);
    assert_eq!(pass(folder.path(), ""), (vec![], Some(0)));
}

#[test]
fn a_line_over_the_bound_is_refused_and_the_rest_answered() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let long = " ".repeat(3_000_000);
    let bytes = [row(1), long, row(2)].join("\n");
    let (answers, code) = pass(folder.path(), bytes);
    assert_eq!((answers.len(), code), (3, Some(0)));
    assert_eq!((&answers[0], &answers[2]), (&score(1), &score(2)));
    assert_eq!(answers[1]["type"], "urn:mlship:problem:body-too-large");
    assert_eq!(answers[1]["line"], 2);
}

#[test]
fn many_lines_pass_in_order_through_bounded_memory_to_a_slow_reader() {
    const LINES: u32 = 100_000;
    let folder = bundles::write(&bundles::table());
    let mut child = start(folder.path());
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (sent, written) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for age in 0..LINES {
            stdin.write_all((row(age) + "\n").as_bytes()).unwrap();
            let _ = sent.send(age);
        }
        stdin
    });
    let mut line = String::new();
    let mut next = || {
        line.clear();
        stdout.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    assert_eq!(next(), score(0));
    let early = peak_kib(child.id());
    // Nobody reads: what is written comes to a stop long before the end.
    let mut last = 0;
    while let Ok(age) = written.recv_timeout(std::time::Duration::from_secs(2)) {
        last = age;
    }
    assert!(last < LINES / 2, "{last} lines were taken that nobody reads the answers to");
    for age in 1..LINES {
        assert_eq!(next(), score(age));
    }
    let late = peak_kib(child.id());
    assert!(late < early + 4096, "{early} KiB at first, {late} KiB at last");
    drop(writer.join().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_answer_comes_without_waiting_for_more_lines() {
    let folder = bundles::write(&bundles::table());
    let mut child = start(folder.path());
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for age in 0..20 {
        stdin.write_all((row(age) + "\n").as_bytes()).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), score(age));
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_leaves_is_a_quiet_end() {
    let folder = bundles::write(&bundles::table());
    let mut child = start(folder.path());
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdin.write_all((row(1) + "\n").as_bytes()).unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    while stdin.write_all((row(1) + "\n").as_bytes()).is_ok() {}
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn lines_that_are_run_together_get_the_answers_that_they_get_alone() {
    let folder = bundles::write(&bundles::classifier());
    let lines: Vec<String> =
        (0..500).map(|x| format!(r#"{{"x": [[{x}, {}, 0.25]]}}"#, x % 7)).collect();
    let (together, code) = pass(folder.path(), lines.join("\n"));
    assert_eq!((together.len(), code), (500, Some(0)));
    for place in [0, 1, 2, 255, 256, 257, 499] {
        let (_, alone) = support::answer(folder.path(), &lines[place]);
        assert_eq!(together[place], alone, "{place}");
    }
    // A model of one fixed example, and one whose inputs are of any length, are run one by one.
    let fixed = bundles::write(&bundles::fixed());
    let image = r#"{"image": [[[1, -2], [3, -4]]]}"#;
    let (answers, _) = pass(fixed.path(), [image; 9].join("\n"));
    assert_eq!(answers, vec![support::answer(fixed.path(), image).1; 9]);
    let words = bundles::write(&bundles::words());
    let lines = [r#"{"ids": [[0, 1]]}"#, r#"{"ids": [[1]]}"#, r#"{"ids": [[1, 0]]}"#].repeat(4);
    let (answers, _) = pass(words.path(), lines.join("\n"));
    for (line, answer) in lines.iter().zip(answers) {
        assert_eq!(answer, support::answer(words.path(), line).1, "{line}");
    }
}

#[test]
fn an_overdue_line_is_answered_and_ends_the_process() {
    let bounds = Bounds { timeout_s: 1, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::slow() });
    let lines = [r#"{"times": [1]}"#, r#"{"times": [2000000000]}"#, r#"{"times": [1]}"#];
    let mut child = start(folder.path());
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(output.status.code(), Some(70), "{answers:?}");
    assert!(answers[0].get("y").is_some(), "{answers:?}");
    assert_eq!((&answers[1]["status"], &answers[1]["line"]), (&json!(504), &json!(2)));
}

#[test]
fn a_bundle_that_cannot_be_used_ends_before_anything_is_read() {
    let folder = bundles::write(&bundles::table());
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let output = start(folder.path()).wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(2), vec![]));
}
