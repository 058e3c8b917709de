//! A handler in Python that crashes, hangs, prints without end, forks or closes what is not its own:
//! the process goes on, callers hear what happened, and nothing is left behind.
#![cfg(feature = "worker")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::client::{Client, request};
use support::handlers::{self, predict, serve, wait_for, wait_until_gone, wait_until_ready};
use support::runtime_api::RuntimeApi;
use support::server::Server;

/// Ends in many ways.
const CRASHES: &str = "
import ctypes, os, signal, sys, time
def predict(asked):
    if asked == 'exit':
        print('on the way out', flush=True)
        os._exit(3)
    if asked == 'kill':
        os.kill(os.getpid(), signal.SIGKILL)
    if asked == 'segfault':
        ctypes.string_at(0)
    if asked == 'hang':
        while True: time.sleep(1)
    if asked == 'hang in C':
        # Python's own signals and threads get no turn in there.
        ctypes.PyDLL(None).sleep(1000)
    if asked == 'close':
        os.closerange(3, 100)
    if asked == 'other':
        os.closerange(3, 100)
        for _ in range(10): os.open(os.devnull, os.O_RDWR)
    if asked == 'fork':
        if os.fork() == 0: return 'child'
        return 'parent'
    if asked == 'fork and hang':
        if os.fork() == 0: time.sleep(1000)
        os._exit(4)
    if asked == 'nonsense':
        os.write(3, b'z' * 100)
        time.sleep(1000)
    if asked == 'too long':
        os.write(3, b'j\\xff\\xff\\xff\\xff')
        time.sleep(1000)
    if asked == 'terminate':
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    if asked == 'open':
        links = [f'/proc/self/fd/{fd}' for fd in os.listdir('/proc/self/fd')]
        return sorted(os.readlink(link).split(':')[0] for link in links if os.path.exists(link))
    if asked == 'pid':
        return os.getpid()
    return asked
";

/// The number of the worker's process.
fn worker(server: &Server) -> u64 {
    predict(server, &json!("pid")).json().as_u64().unwrap()
}

#[test]
fn worker_that_crashes_is_started_anew_and_says_how_it_ended() {
    let (_folder, mut server) = serve(CRASHES);
    for (asked, how) in [
        ("exit", "ended with exit code 3"),
        ("kill", "was ended by signal 9 (SIGKILL; the system does that where memory runs out)"),
        ("segfault", "was ended by signal 11 (SIGSEGV)"),
        ("fork and hang", "ended with exit code 4"),
        ("close", "ended with exit code 1"),
        ("other", "ended with exit code 1"),
    ] {
        let before = worker(&server);
        let start = Instant::now();
        let reply = predict(&server, &json!(asked));
        let detail = format!("the python worker {how} before it answered; it is started anew");
        assert_eq!((reply.status, &reply.json()["detail"]), (500, &json!(detail)), "{asked}");
        assert!(start.elapsed() < Duration::from_secs(1), "{asked}: {:?}", start.elapsed());
        let ended = wait_for(&mut server, "worker-ended");
        assert_eq!((&ended["cause"], &ended["level"]), (&json!(how), &json!("error")));
        let printed = ended["printed"].to_string();
        match asked {
            "exit" => assert_eq!(ended["printed"], json!(["on the way out"])),
            "segfault" => assert!(printed.contains("line 10 in predict"), "{printed}"),
            "close" | "other" => assert!(printed.contains("closed the connection"), "{printed}"),
            _ => {}
        }
        // Whoever comes next waits for the new one.
        assert_ne!(worker(&server), before, "{asked}");
        assert_eq!(predict(&server, &json!({"a": 1})).json(), json!({"a": 1}));
        wait_for(&mut server, "worker-started");
    }
    assert_eq!(server.metric("mlship_problems_total{kind=\"failed\"}"), 6.0);
}

#[test]
fn worker_that_breaks_the_protocol_is_ended() {
    let (_folder, mut server) = serve(CRASHES);
    for (asked, cause) in [
        ("nonsense", "a frame of 2054847098 bytes; at most 1114112 are taken"),
        ("too long", "a frame of 4294967295 bytes; at most 1114112 are taken"),
    ] {
        let reply = predict(&server, &json!(asked));
        let detail = format!("the python worker wrote {cause}; it is started anew");
        assert_eq!((reply.status, &reply.json()["detail"]), (500, &json!(detail)));
        let ended = wait_for(&mut server, "worker-ended");
        assert_eq!(ended["cause"], format!("was ended: it wrote {cause} to the runtime"));
        assert_eq!(predict(&server, &json!(1)).json(), 1);
    }
    assert!(server.peak_memory_bytes() < 200 << 20);
}

#[test]
fn worker_that_hangs_is_ended_at_the_bound_and_the_process_goes_on() {
    let bounds = Bounds { timeout_s: 1, ..handlers::bundle().bounds };
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, CRASHES);
    let mut server = handlers::started(folder.path());
    for asked in ["hang", "hang in C"] {
        let before = worker(&server);
        let start = Instant::now();
        let reply = predict(&server, &json!(asked));
        assert_eq!(
            (reply.status, &reply.json()["type"]),
            (504, &json!("urn:mlship:problem:overdue"))
        );
        let detail = reply.json()["detail"].clone();
        assert!(detail.as_str().unwrap().starts_with("no answer came within"), "{detail}");
        assert!(start.elapsed() >= Duration::from_millis(950), "{:?}", start.elapsed());
        let ended = wait_for(&mut server, "worker-ended");
        assert_eq!(ended["cause"], "was ended: no answer came within 1 seconds");
        wait_until_gone(before);
        assert_ne!(worker(&server), before);
    }
    // A caller in a hurry ends its own wait and nothing else.
    let before = worker(&server);
    let mut hurried = Client::connect(&server.address);
    hurried.send("POST /predict HTTP/1.1\r\nhost: x\r\nx-envoy-expected-rq-timeout-ms: 1\r\n");
    hurried.send("content-length: 6\r\n\r\n\"hang\"");
    assert_eq!(hurried.response().status, 504);
    wait_until_gone(before);
    assert_eq!(predict(&server, &json!(1)).json(), 1);
}

#[test]
fn worker_that_forks_answers_once() {
    let (_folder, server) = serve(CRASHES);
    let before = worker(&server);
    for _ in 0..3 {
        assert_eq!(predict(&server, &json!("fork")).json(), "parent");
    }
    // What is sent to every process alike is meant for the runtime.
    assert_eq!(predict(&server, &json!("terminate")).json(), "terminate");
    assert_eq!(worker(&server), before);
}

#[test]
fn worker_that_ends_uncalled_is_started_anew_and_later_each_time() {
    let app = "
import os, threading, time
def end():
    time.sleep(0.05)
    os._exit(5)
def load():
    if os.path.exists('broken'): raise ValueError('broken')
    if os.path.exists('short'): threading.Thread(target=end, daemon=True).start()
def predict(asked):
    return os.getpid()
";
    let folder = handlers::write(app);
    let mut server = handlers::started(folder.path());
    let first = predict(&server, &json!(0)).json().as_u64().unwrap();
    // As the system does where memory runs out.
    assert!(Command::new("kill").args(["-9", &first.to_string()]).status().unwrap().success());
    let ended = wait_for(&mut server, "worker-ended");
    assert_eq!(ended["again_milliseconds"], 0);
    wait_for(&mut server, "worker-started");
    let second = predict(&server, &json!(0)).json().as_u64().unwrap();
    std::fs::write(folder.path().join("short"), "").unwrap();
    assert!(Command::new("kill").args(["-9", &second.to_string()]).status().unwrap().success());
    let mut pauses = Vec::new();
    for _ in 0..4 {
        pauses.push(wait_for(&mut server, "worker-ended")["again_milliseconds"].as_u64().unwrap());
    }
    assert_eq!(pauses[1..].iter().map(|pause| pause / pauses[1]).collect::<Vec<_>>(), [1, 2, 4]);
    // A handler that cannot be loaded any more is told of, and tried again.
    std::fs::write(folder.path().join("broken"), "").unwrap();
    let broken = loop {
        let ended = wait_for(&mut server, "worker-ended");
        if ended["cause"] != "ended with exit code 5" {
            break ended;
        }
    };
    let cause =
        "app.py:7: ValueError: broken: `if os.path.exists('broken'): raise ValueError('broken')`";
    assert_eq!(broken["cause"], cause);
    let reply = predict(&server, &json!(0));
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    let ready = request(&server.address, "GET", "/readyz", "");
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.json()["detail"],
        format!("the python worker is not there: {cause}; it is started anew in a while")
    );
    for name in ["short", "broken"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    wait_until_ready(&server);
    assert_eq!(predict(&server, &json!(0)).status, 200);
}

#[test]
fn worker_may_print_as_much_as_it_likes() {
    let bounds = Bounds { timeout_s: 30, ..handlers::bundle().bounds };
    let app =
        "
import os, sys
def predict(asked):
    if asked == 'lines':
        for at in range(200_000): print('x' * 49)
    if asked == 'one':
        sys.stdout.write('y' * 10_000_000)
    if asked == 'bytes':
        os.write(1, bytes(range(256)) * 100 + b'\\n')
    if asked == 'close':
        sys.stdout.close(); os.close(2)
    print('done', asked, file=sys.stderr if asked == 'lines' else sys.stdout) if asked != 'close' else None
    return asked
";
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, app);
    let mut server = handlers::started(folder.path());
    // Nobody reads what is told: nothing waits for that.
    for asked in ["lines", "one", "bytes"] {
        assert_eq!(predict(&server, &json!(asked)).json(), asked);
    }
    assert!(server.peak_memory_bytes() < 200 << 20);
    // Whoever reads again hears how much there was.
    let mut left_out = 0;
    while left_out == 0 {
        let notice = server.notice();
        assert!(notice.to_string().len() < 4096);
        if notice["event"] == "left-out" {
            left_out = notice["lines"].as_u64().unwrap();
        }
        if notice["event"] == "printed" && left_out == 0 {
            // Room is made by reading; the next line says so.
            predict(&server, &json!("again"));
        }
    }
    assert!(left_out > 1000, "{left_out}");
    assert_eq!(predict(&server, &json!("close")).json(), "close");
}

#[test]
fn worker_ends_with_a_runtime_that_is_killed() {
    for asked in ["pid", "hang", "hang in C"] {
        let (_folder, mut server) = serve(CRASHES);
        let pid = worker(&server);
        let mut client = Client::connect(&server.address);
        handlers::begin(&mut client, "application/json", json!(asked).to_string());
        // It is under way.
        std::thread::sleep(Duration::from_millis(100));
        server.signal("KILL");
        server.wait();
        wait_until_gone(pid);
    }
}

#[test]
fn worker_that_loads_without_end_goes_when_the_runtime_is_asked_to() {
    let app = "import os, time\nprint(os.getpid())\ntime.sleep(1000)\n";
    let folder = handlers::write(app);
    let mut server = Server::start(folder.path());
    let pid = wait_for(&mut server, "printed")["text"].as_str().unwrap().parse().unwrap();
    assert_eq!(request(&server.address, "GET", "/readyz", "").status, 503);
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    // Who asks meanwhile waits for it, up to the bound.
    assert_eq!(predict(&server, &json!(1)).status, 503);
    server.signal("TERM");
    // The operator is told of that one, and not of who asks whether it is ready.
    let notices = server.notices();
    let told = notices.iter().filter(|notice| notice["event"] == "request");
    let routes: Vec<_> = told.map(|notice| notice["route"].clone()).collect();
    assert_eq!(routes, [json!("/predict")]);
    assert_eq!(server.wait().code(), Some(0));
    wait_until_gone(pid);
}

#[test]
fn worker_answers_what_is_under_way_when_it_is_asked_to_end() {
    let app = "
import atexit, os, time
atexit.register(lambda: open('ended', 'w').write('well'))
def predict(asked):
    time.sleep(asked)
    return os.getpid()
";
    let (folder, mut server) = serve(app);
    let mut client = Client::connect(&server.address);
    handlers::begin(&mut client, "application/json", "0.5");
    server.wait_for("mlship_requests_in_flight", 2.0);
    let pid = server.pid().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    let reply = client.response();
    assert_eq!(reply.status, 200);
    assert_eq!(server.wait().code(), Some(0));
    wait_until_gone(reply.json().as_u64().unwrap());
    assert_eq!(std::fs::read_to_string(folder.path().join("ended")).unwrap(), "well");
    let notices = server.notices();
    assert!(notices.iter().all(|notice| notice["event"] != "worker-ended"), "{notices:?}");
}

/// What a pipe answers to these lines.
fn pipe(arguments: &[&str], lines: &str, app: &str) -> Vec<Value> {
    let folder = handlers::write(app);
    let mut child = Command::new(support::RUNTIME)
        .args(arguments)
        .arg("--bundle")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn worker_answers_lines_on_a_pipe_through_crashes_and_hangs() {
    let app = CRASHES.replace("return asked", "return b'raw' if asked == 'raw' else asked");
    let answers = pipe(&["--stdio"], "1\n\"exit\"\n\"hang\"\n\"raw\"\n{\n[2]\n", &app);
    assert_eq!(answers.len(), 6);
    assert_eq!((&answers[0], &answers[5]), (&json!(1), &json!([2])));
    let kinds: Vec<_> = answers[1..5].iter().map(|answer| answer["type"].clone()).collect();
    let expected = ["failed", "overdue", "answer-not-carried", "not-json"];
    assert_eq!(kinds, expected.map(|kind| json!(format!("urn:mlship:problem:{kind}"))));
}

#[test]
fn worker_is_ended_at_the_deadline_of_a_host_that_serves_one_at_a_time() {
    let soon = std::time::SystemTime::now() + Duration::from_secs(1);
    let soon = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let bounds = Bounds { timeout_s: 30, ..handlers::bundle().bounds };
    let app = CRASHES.replace("(asked):", "(asked):\n    asked = asked['do']");
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, &app);
    let mut child = Command::new("sh")
        .args(["-c", "exec \"$0\" --action-loop --bundle \"$1\" 3>&1", support::RUNTIME])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = [
        json!({"value": {"do": "hang"}, "deadline": soon as u64}),
        json!({"value": {"do": {"a": 1}}}),
        json!({"value": {"do": "open"}}),
    ];
    let start = Instant::now();
    let text = lines.map(|line| line.to_string()).join("\n");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["error"]["type"], "urn:mlship:problem:overdue", "{text}");
    assert_eq!(answers[1], json!({"a": 1}));
    // The proxy's descriptor is not the handler's.
    assert_eq!(answers[2], json!({"predictions": ["/dev/null", "pipe", "pipe", "socket"]}));
}

#[test]
fn worker_on_lambda_is_started_anew_and_the_process_stays() {
    let bounds = Bounds { timeout_s: 1, ..handlers::bundle().bounds };
    let app =
        CRASHES.replace("return asked", "return (b'\\xff', 'a/b') if asked == 'raw' else asked");
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, &app);
    let mut api = RuntimeApi::start(folder.path(), &[]);
    let mut invoke = |event: Value| {
        let sent = api.invoke(&event);
        (sent.to.clone(), serde_json::from_slice::<Value>(&sent.body()).unwrap())
    };
    let post = |body: &str| {
        json!({"version": "2.0", "rawPath": "/predict", "headers": {}, "body": body,
            "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"}})
    };
    assert_eq!(invoke(post("[1]")).1["body"], "[1]");
    for (asked, status) in [("hang", 504), ("segfault", 500), ("hang in C", 504)] {
        let (_, reply) = invoke(post(&json!(asked).to_string()));
        assert_eq!(reply["statusCode"], status, "{reply}");
        assert_eq!(invoke(post("[2]")).1["body"], "[2]");
    }
    // Bytes go back as they are over HTTP, in base64, and not at all to a direct invocation.
    let (_, raw) = invoke(post("\"raw\""));
    assert_eq!((&raw["body"], &raw["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
    assert_eq!(raw["headers"]["content-type"], "a/b");
    let (to, error) = invoke(json!("raw"));
    assert_eq!((to.as_str(), &error["problem"]["status"]), ("error", &json!(500)));
    assert_eq!(invoke(json!({"a": 1})), ("response".into(), json!({"a": 1})));
}

#[test]
fn worker_gets_the_instances_of_vertex_ai_as_a_list() {
    let app = "def predict(asked):\n    return asked if asked == [0] else [a * 2 for a in asked] if asked else {}\n";
    let folder = handlers::write(app);
    let environment =
        [("AIP_PREDICT_ROUTE", "/p"), ("AIP_HEALTH_ROUTE", "/h"), ("AIP_HTTP_PORT", "0")];
    let listen = ("MLSHIP_LISTEN", "127.0.0.1:0");
    let environment = [&environment[..], &[listen]].concat();
    let mut server = Server::start_with(folder.path(), &environment);
    wait_for(&mut server, "ready");
    let ask = |body: &str| request(&server.address, "POST", "/p", body);
    assert_eq!(ask(r#"{"instances": [1, 2]}"#).json(), json!({"predictions": [2, 4]}));
    assert_eq!(ask(r#"{"instances": [0], "parameters": {}}"#).json(), json!({"predictions": [0]}));
    let reply = ask(r#"{"instances": []}"#);
    assert_eq!(reply.status, 500);
    assert!(reply.json()["detail"].as_str().unwrap().contains("something else than a list"));
    assert_eq!(ask(r#"{"instances": 1}"#).status, 400);
}

#[test]
fn worker_ends_with_all_that_it_started_though_it_is_at_work() {
    let app = "
import subprocess, time
def predict(asked):
    child = subprocess.Popen(['sleep', '977'])
    print(child.pid)
    time.sleep(60)
";
    let bounds = Bounds { timeout_s: 60, ..handlers::bundle().bounds };
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, app);
    let mut server = handlers::started(folder.path());
    let mut client = Client::connect(&server.address);
    handlers::begin(&mut client, "application/json", "0");
    let printed = wait_for(&mut server, "printed");
    let pid = printed["text"].as_str().unwrap().parse().unwrap();
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    wait_until_gone(pid);
}

#[test]
fn worker_lets_forks_be_ended_by_signals() {
    let app = "
import multiprocessing, time
def predict(asked):
    fork = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,))
    fork.start()
    fork.terminate()
    fork.join()
    return fork.exitcode
";
    let (_folder, server) = serve(app);
    assert_eq!(predict(&server, &json!(0)).json(), json!(-15));
}
