//! A function of one container on this machine: what its program sees, and what callers get.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use mlship_aws::LocalFunction;
use mlship_core::stage::{Cue, Reached, Stage as _};
use mlship_testkit::release;
use serde_json::{Value, json};

/// 6 MB, Lambda's most.
const MOST: usize = 6_291_456;

const JSON: &str = "content-type: application/json\r\n";

struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends a request over a connection of its own.
fn send(address: &str, line: &str, headers: &str, body: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: here.example\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A request that is too large is refused before it is read to its end.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_lowercase(), body: answer[end + 4..].to_vec() }
}

/// A program's one turn: takes an event, and posts what `answer` makes of it.
struct Program {
    api: String,
}

impl Program {
    fn take(&self) -> (String, Value) {
        let next = send(&self.api, "GET /2018-06-01/runtime/invocation/next", "", b"");
        let id =
            next.head.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "));
        (id.unwrap().to_owned(), next.json())
    }

    fn post(&self, id: &str, what: &str, body: &[u8]) -> Reply {
        let line = format!("POST /2018-06-01/runtime/invocation/{id}/{what}");
        send(&self.api, &line, JSON, body)
    }

    /// Takes one event, answers `answer`, and gives back the event.
    fn turn(self, answer: Value) -> thread::JoinHandle<(Value, Reply)> {
        thread::spawn(move || {
            let (id, event) = self.take();
            let taken = self.post(&id, "response", answer.to_string().as_bytes());
            (event, taken)
        })
    }
}

async fn function(timeout_s: u32) -> LocalFunction {
    let mut project = release::project();
    project.resources.timeout_s.value = timeout_s;
    LocalFunction::open(&project, 0).await.unwrap()
}

fn near(function: &LocalFunction) -> String {
    function.url().strip_prefix("http://").unwrap().to_owned()
}

fn program(function: &LocalFunction) -> Program {
    let found = function.conditions().environment.iter();
    let mut found = found.filter(|(name, _)| name == "AWS_LAMBDA_RUNTIME_API");
    Program { api: found.next().unwrap().1.clone() }
}

/// Sends to the near side without holding up the runtime that answers.
async fn ask(function: &LocalFunction, line: &'static str, head: &str, body: Vec<u8>) -> Reply {
    let (address, head) = (near(function), head.to_owned());
    tokio::task::spawn_blocking(move || send(&address, line, &head, &body)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_is_a_function_urls_and_its_response_is_unwrapped() {
    let function = function(30).await;
    let answer = json!({
        "statusCode": 422,
        "headers": {"Content-Type": "application/problem+json", "x-of-its-own": 7},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "{\"title\":\"no\"}",
    });
    let turn = program(&function).turn(answer);
    let headers = "content-type: application/json\r\nX-Twice: one\r\nx-twice: two\r\n\
        cookie: sid=1; theme=dark\r\nuser-agent: probe/1\r\n";
    let line = "POST /a%20path?rows=1&rows=2&name=J%C3%BCrgen+K";
    let reply = ask(&function, line, headers, br#"{"age": 50}"#.to_vec()).await;
    let (mut event, _) = turn.join().unwrap();

    assert_eq!(reply.status, 422);
    assert_eq!(reply.json(), json!({"title": "no"}));
    for line in ["content-type: application/problem+json", "x-of-its-own: 7", "set-cookie: b=2"] {
        assert!(reply.head.lines().any(|got| got == line), "{line}: {}", reply.head);
    }
    let context = &mut event["requestContext"];
    assert_eq!(context["timeEpoch"].as_u64().unwrap() / 1_000_000_000_000, 1);
    let time = context["time"].as_str().unwrap();
    assert!(time.len() == 26 && time.ends_with(" +0000") && time.as_bytes()[11] == b':', "{time}");
    for changing in ["time", "timeEpoch", "requestId"] {
        context[changing] = Value::Null;
    }
    // The shape is that of the guide's example.
    let expected = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20path",
        "rawQueryString": "rows=1&rows=2&name=J%C3%BCrgen+K",
        "cookies": ["sid=1", "theme=dark"],
        "headers": {
            "host": "here.example", "connection": "close", "content-length": "11",
            "content-type": "application/json", "x-twice": "one,two", "user-agent": "probe/1",
        },
        "queryStringParameters": {"rows": "1,2", "name": "Jürgen K"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "local", "domainName": "here.example",
            "domainPrefix": "local",
            "http": {
                "method": "POST", "path": "/a%20path", "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1", "userAgent": "probe/1",
            },
            "requestId": null, "routeKey": "$default", "stage": "$default", "time": null,
            "timeEpoch": null,
        },
        "body": "{\"age\": 50}",
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_text_go_as_base64_both_ways() {
    let function = function(30).await;
    let answer = json!({"statusCode": 200, "body": "/wD+", "isBase64Encoded": true});
    let turn = program(&function).turn(answer);
    let reply = ask(&function, "PUT /b", "content-type: image/png\r\n", vec![0xff, 0, 1]).await;
    let (event, _) = turn.join().unwrap();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/wAB"), &json!(true)));
    assert_eq!(reply.body, [0xff, 0, 0xfe]);

    // What is said to be text and is not, and a result that is no response.
    let turn = program(&function).turn(json!({"label": "yes"}));
    let reply = ask(&function, "POST /", JSON, vec![0xff]).await;
    assert_eq!(turn.join().unwrap().0["isBase64Encoded"], true);
    assert_eq!((reply.status, reply.json()), (200, json!({"label": "yes"})));
    let turn = program(&function).turn(Value::Null);
    ask(&function, "GET /health", "", Vec::new()).await;
    assert_eq!(turn.join().unwrap().0.get("body"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_are_capped_both_ways() {
    let mut function = function(30).await;
    let reply = ask(&function, "POST /predict", JSON, vec![b' '; MOST + 1]).await;
    assert_eq!(reply.status, 413);
    // Shorter than the cap itself, longer as base64 in an event.
    let reply = ask(&function, "POST /predict", "", vec![7; MOST - MOST / 5]).await;
    assert_eq!(reply.status, 413);

    let turn = program(&function).turn(json!({"statusCode": 200, "body": "x".repeat(MOST)}));
    let reply = ask(&function, "POST /predict", JSON, b"{}".to_vec()).await;
    let (_, refused) = turn.join().unwrap();
    assert_eq!(
        (refused.status, &refused.json()["errorType"]),
        (413, &json!("RequestEntityTooLarge"))
    );
    assert_eq!((reply.status, reply.json()), (502, json!({"Message": "Internal Server Error"})));
    let Cue::Say(said) = function.cue().await else { panic!("nothing is replaced") };
    assert!(said.contains("longer than 6291456 bytes"), "{said}");

    let turn = program(&function).turn(json!({"statusCode": 200, "body": "x".repeat(MOST - 99)}));
    let reply = ask(&function, "POST /predict", JSON, b"{}".to_vec()).await;
    assert_eq!((reply.status, reply.body.len()), (200, MOST - 99));
    turn.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_takes_too_long_is_given_up_and_the_program_replaced() {
    let mut function = function(1).await;
    let slow = program(&function);
    let taken = thread::spawn(move || slow.take().0);
    let reply = ask(&function, "POST /predict", JSON, b"{}".to_vec()).await;
    assert_eq!(reply.status, 502);
    let Cue::Say(said) = function.cue().await else { panic!("it is said first") };
    assert!(said.contains("longer than `resources.timeout-s`, 1 s"), "{said}");
    assert!(matches!(function.cue().await, Cue::Replace(_)));
    let late = program(&function);
    let id = taken.join().unwrap();
    let late = tokio::task::spawn_blocking(move || late.post(&id, "response", b"{}"));
    assert_eq!(late.await.unwrap().status, 400, "nobody waits for it any more");
    assert_eq!(function.ended("it was replaced"), Reached::Ready);
    // The next program is told of the next request.
    let turn = program(&function).turn(json!({"statusCode": 204}));
    assert_eq!(ask(&function, "GET /health", "", Vec::new()).await.status, 204);
    turn.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_says_went_wrong_is_told_to_the_operator_alone() {
    let mut function = function(30).await;
    let failing = program(&function);
    let error = br#"{"errorType": "Not loaded", "errorMessage": "no model"}"#;
    let init = failing.api.clone();
    let init =
        thread::spawn(move || send(&init, "POST /2018-06-01/runtime/init/error", JSON, error));
    assert_eq!(function.cue().await, Cue::Say("it could not start: Not loaded: no model".into()));
    assert_eq!(init.join().unwrap().status, 202);
    assert_eq!(function.ended("it ended"), Reached::NotReady);

    let failed = thread::spawn(move || {
        let (id, _) = failing.take();
        failing.post(&id, "error", error).status
    });
    let reply = ask(&function, "POST /predict", JSON, b"{}".to_vec()).await;
    assert_eq!((failed.join().unwrap(), reply.status), (202, 502));
    assert!(!String::from_utf8_lossy(&reply.body).contains("no model"));
    let Cue::Say(said) = function.cue().await else { panic!("nothing is replaced") };
    assert_eq!(said, "an invocation failed: Not loaded: no model");

    // A program that dies with a request is no reason to wait.
    let dying = program(&function);
    let taken = thread::spawn(move || dying.take().0);
    let address = near(&function);
    let asked = thread::spawn(move || send(&address, "POST /predict", JSON, b"{}"));
    taken.join().unwrap();
    assert_eq!(function.ended("it was killed"), Reached::Ready);
    assert_eq!(asked.join().unwrap().status, 502);
    assert_eq!(function.cue().await, Cue::Say("an invocation failed: it was killed".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conditions_are_those_of_the_memory() {
    let function = function(30).await;
    let conditions = function.conditions();
    let told = "memory 512 MB, 0.29 CPU, /tmp 512 MB, root read-only";
    assert_eq!(conditions.to_string(), told);
    let memory = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), "512".to_owned());
    assert!(conditions.environment.contains(&memory));
    let unknown = program(&function).api;
    let unknown = tokio::task::spawn_blocking(move || send(&unknown, "GET /else", "", b""));
    assert_eq!(unknown.await.unwrap().status, 404);
}
