//! The HTTP host on a hostile network: what dies, what drips, what floods, and what never says a
//! word. Others are answered meanwhile, and memory stays bounded.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use mlship_bundle::{Bounds, Bundle};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use serde_json::json;
use support::bundles;
use support::client::{Client, request};
use support::server::Server;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

fn assert_answers(server: &Server) {
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
}

#[test]
fn killed_and_started_again_it_has_its_port_and_left_nothing() {
    let folder = bundles::write(&bundles::table());
    let scratch = tempfile::tempdir().unwrap();
    let scratch_path = scratch.path().to_str().unwrap();
    let mut server = Server::start_with(folder.path(), &[("MLSHIP_SCRATCH", scratch_path)]);
    assert_answers(&server);
    let mut kept = Client::connect(&server.address);
    assert_eq!(kept.request("POST", "/predict", ROW).status, 200);
    server.signal("KILL");
    server.wait();
    assert!(kept.is_closed());
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    let listen = server.address.clone();
    let again = Server::start_with(folder.path(), &[("MLSHIP_LISTEN", &listen)]);
    assert_eq!(again.address, listen);
    assert_answers(&again);
}

#[test]
fn all_that_was_taken_is_answered_when_it_is_told_to_stop_under_load() {
    let folder = bundles::write(&bundles::table());
    let mut server = Server::start_with(folder.path(), &[("MLSHIP_LOG", "requests")]);
    assert_eq!(server.notice()["event"], "ready");
    let (answered, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let address = server.address.clone();
    let notices = std::thread::scope(|scope| {
        for caller in 0..16 {
            let (address, answered, stopped) = (&address, &answered, &stopped);
            scope.spawn(move || {
                while let Ok(stream) = TcpStream::connect(address) {
                    call_until_closed(stream, caller, answered);
                    assert!(stopped.load(SeqCst), "a connection ended before the process was told");
                }
            });
        }
        // Fewer than fill the pipe that its lines wait in until they are read.
        while answered.load(SeqCst) < 100 {
            std::thread::yield_now();
        }
        stopped.store(true, SeqCst);
        server.signal("TERM");
        server.notices()
    });
    assert!(server.wait().success());
    assert_eq!(notices.last().unwrap()["event"], "stopped");
    let told = notices.iter().filter(|notice| notice["event"] == "request");
    assert_eq!(told.count(), answered.load(SeqCst), "requests that were taken got no answer");
}

/// Asks until the other side closes, and counts whole answers.
fn call_until_closed(mut stream: TcpStream, caller: usize, answered: &AtomicUsize) {
    let row = json!({"age": caller, "visits": 1, "smoker": false}).to_string();
    let length = row.len();
    let head = format!("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    let expected = json!({"score": [caller as f32 + 10.0, 1.0]}).to_string();
    let expected = expected.replace(".0", "");
    loop {
        if stream.write_all(format!("{head}{row}").as_bytes()).is_err() {
            return;
        }
        let mut reply = Vec::new();
        let mut more = [0; 4096];
        while !is_whole(&reply) {
            match stream.read(&mut more) {
                Ok(0) | Err(_) if reply.is_empty() => return,
                Ok(length) if length > 0 => reply.extend_from_slice(&more[..length]),
                end => panic!("half an answer: {end:?} after {reply:?}"),
            }
        }
        let reply = String::from_utf8(reply).unwrap();
        assert!(reply.starts_with("HTTP/1.1 200") && reply.replace(".0", "").ends_with(&expected));
        answered.fetch_add(1, SeqCst);
        if reply.contains("connection: close") {
            assert_eq!(stream.read(&mut more).unwrap_or(0), 0);
            return;
        }
    }
}

fn is_whole(reply: &[u8]) -> bool {
    let text = String::from_utf8_lossy(reply);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() == length.unwrap().parse::<usize>().unwrap()
}

#[test]
fn what_waits_for_the_model_is_answered_before_the_end() {
    let folder = bundles::write(&bundles::slow());
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let mut callers: Vec<_> = (0..5).map(|_| Client::connect(&server.address)).collect();
    for caller in &mut callers {
        caller.begin("POST", "/predict", r#"{"times": [3000]}"#);
    }
    // This one is counted too.
    server.wait_for("mlship_requests_in_flight", 6.0);
    server.signal("TERM");
    for caller in &mut callers {
        let reply = caller.response();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    }
    assert!(TcpStream::connect(&server.address).is_err(), "it still takes connections");
    assert!(server.wait().success());
}

#[test]
fn callers_that_drip_hold_nobody_up_and_are_let_go() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start_with(folder.path(), &[("MLSHIP_READ_TIMEOUT_S", "2")]);
    let mut dripping: Vec<_> = (0..100).map(|_| Client::connect(&server.address)).collect();
    for (place, client) in dripping.iter_mut().enumerate() {
        if place % 2 == 0 {
            client.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 6000000\r\n\r\n");
        }
    }
    for byte in b"GET /" {
        for client in &mut dripping {
            let _ = client.stream.get_mut().write_all(&[*byte]);
        }
        assert_answers(&server);
        std::thread::sleep(Duration::from_millis(600));
    }
    for client in &mut dripping {
        let _ = client.stream.get_ref().set_read_timeout(Some(Duration::from_secs(30)));
        let mut rest = Vec::new();
        let end = client.stream.read_to_end(&mut rest);
        let was_let_go = match end {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        };
        assert!(was_let_go, "it is still connected");
    }
    assert_answers(&server);
}

#[test]
fn a_gigabyte_is_refused_in_little_memory() {
    let bounds = Bounds { body_bytes: 1_000_000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let server = Server::start(folder.path());
    assert_answers(&server);
    let before = server.kilobytes("VmHWM:");
    let block = vec![b' '; 1 << 20];
    for head in ["content-length: 1073741824\r\n\r\n", "transfer-encoding: chunked\r\n\r\n"] {
        let mut client = Client::connect(&server.address);
        client.send(format!("POST /predict HTTP/1.1\r\nhost: x\r\n{head}"));
        let mut sender = client.stream.get_ref().try_clone().unwrap();
        let is_chunked = head.starts_with("transfer");
        for _ in 0..1024 {
            let framed = if is_chunked { sender.write_all(b"100000\r\n") } else { Ok(()) };
            let end = if is_chunked { &b"\r\n"[..] } else { b"" };
            // It is not read to its end: the connection is closed on it.
            if framed.and(sender.write_all(&block)).and(sender.write_all(end)).is_err() {
                break;
            }
        }
        assert_eq!(client.response().status, 413);
        assert_answers(&server);
    }
    let grown = server.kilobytes("VmHWM:") - before;
    println!("two bodies of a gigabyte took {grown} kB");
    assert!(grown < 16 << 10, "{grown} kB");
}

#[test]
fn ten_thousand_idle_callers_are_kept_in_little_memory() {
    raise_descriptors();
    let folder = bundles::write(&bundles::table());
    // However long the machine takes to connect them all.
    let server = Server::start_with(folder.path(), &[("MLSHIP_READ_TIMEOUT_S", "600")]);
    assert_answers(&server);
    let before = server.kilobytes("VmRSS:");
    let idle: Vec<_> = (0..10_000)
        .map(|place| {
            let mut client = TcpStream::connect(&server.address).unwrap();
            // Some have begun to say something.
            if place % 100 == 0 {
                client.write_all(b"POST /pre").unwrap();
            }
            client
        })
        .collect();
    assert_answers(&server);
    let open = server.metric("mlship_connections");
    assert!(open > 9000.0, "{open}");
    let each = (server.kilobytes("VmRSS:") - before) as f64 / open;
    println!("{open} idle connections, {each:.2} kB each");
    assert!(each < 16.0, "{each} kB");
    drop(idle);
    server.wait_for("mlship_connections", 1.0);
}

#[test]
fn where_there_is_no_room_idle_callers_make_it() {
    raise_descriptors();
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    assert_answers(&server);
    let pid = Pid::from_raw(server.pid() as i32);
    let few = Rlimit { current: Some(100), maximum: Some(100) };
    prlimit(pid, Resource::Nofile, few).unwrap();
    let mut used = Client::connect(&server.address);
    assert_eq!(used.request("POST", "/predict", ROW).status, 200);
    let idle: Vec<_> = (0..500).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    for _ in 0..20 {
        assert_answers(&server);
    }
    drop(idle);
}

fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.is_none_or(|most| most > 10_500);
    assert!(enough, "this test needs 10,500 file descriptors: `ulimit -Hn` says {limit:?}");
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

#[test]
fn requests_in_one_breath_are_answered_in_their_order() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    let mut client = Client::connect(&server.address);
    let mut breath = String::new();
    for age in 0..50 {
        let row = json!({"age": age, "visits": 0, "smoker": false}).to_string();
        let length = row.len();
        breath +=
            &format!("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{row}");
    }
    client.send(breath);
    for age in 0..50 {
        assert_eq!(client.response().json(), json!({"score": [age as f32, 0.0]}));
    }
}

#[test]
fn who_asks_and_never_listens_is_let_go() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start_with(folder.path(), &[("MLSHIP_READ_TIMEOUT_S", "1")]);
    let mut deaf = Client::connect(&server.address);
    let _ = deaf.stream.get_ref().set_write_timeout(Some(Duration::from_millis(500)));
    let breath = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    // Until its answers fill what the system keeps for it.
    while deaf.stream.get_mut().write_all(breath.as_bytes()).is_ok() {}
    server.wait_for("mlship_connections", 1.0);
}

#[test]
fn who_closes_its_side_early_is_taken_to_have_left() {
    let folder = bundles::write(&bundles::slow());
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let mut first = Client::connect(&server.address);
    first.begin("POST", "/predict", r#"{"times": [50000]}"#);
    server.wait_for("mlship_requests_in_flight", 2.0);
    // It would run until the process gives up.
    let mut left = Client::connect(&server.address);
    left.begin("POST", "/predict", r#"{"times": [2000000000]}"#);
    server.wait_for("mlship_requests_queued", 1.0);
    left.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    assert!(left.is_closed());
    server.wait_for("mlship_requests_left_total", 1.0);
    assert_eq!(server.metric("mlship_requests_queued"), 0.0);
    assert_eq!(first.response().status, 200);
    let after = request(&server.address, "POST", "/predict", r#"{"times": [10]}"#);
    assert_eq!(after.status, 200);
}
