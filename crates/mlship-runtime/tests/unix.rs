//! The HTTP host at a Unix socket.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use support::bundles;
use support::server::Server;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

fn ask(socket: &Path, start: &str, body: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    let length = body.len();
    let head = format!("{start} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    write!(stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_socket_is_as_good_as_a_port_and_is_gone_with_the_process() {
    let folder = bundles::write(&bundles::table());
    let socket = folder.path().join("s");
    let listen = format!("unix:{}", socket.display());
    let variables = [("MLSHIP_LISTEN", listen.as_str())];
    let mut server = Server::start_with(folder.path(), &variables);
    assert_eq!(server.address, listen);
    for _ in 0..2 {
        let answer = ask(&socket, "POST /predict", ROW);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(r#"{"score":[70.0,103.0]}"#), "{answer}");
    }
    assert!(ask(&socket, "GET /elsewhere", "").starts_with("HTTP/1.1 404 "));
    server.signal("TERM");
    assert!(server.wait().success());
    assert!(!socket.exists());
}

#[test]
fn a_socket_of_the_dead_is_taken_over_and_one_of_the_living_is_not() {
    let folder = bundles::write(&bundles::table());
    let socket = folder.path().join("s");
    let listen = format!("unix:{}", socket.display());
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let _server = Server::start_with(folder.path(), &[("MLSHIP_LISTEN", &listen)]);
    assert!(ask(&socket, "GET /healthz", "").starts_with("HTTP/1.1 200 "));
    let second = Command::new(support::RUNTIME)
        .arg("--bundle")
        .arg(folder.path())
        .env("MLSHIP_LISTEN", &listen)
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on `{listen}`")), "{said}");
    assert!(ask(&socket, "GET /healthz", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_file_that_is_no_socket_is_left_as_it_is() {
    let folder = bundles::write(&bundles::table());
    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "precious").unwrap();
    let refused = Command::new(support::RUNTIME)
        .arg("--bundle")
        .arg(folder.path())
        .env("MLSHIP_LISTEN", format!("unix:{}", notes.display()))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "precious");
}

#[test]
fn a_number_that_is_none_is_not_passed_over() {
    let folder = bundles::write(&bundles::table());
    for (name, value) in [("MLSHIP_READ_TIMEOUT_S", "soon"), ("MLSHIP_THREADS", "-1")] {
        let refused = Command::new(support::RUNTIME)
            .arg("--bundle")
            .arg(folder.path())
            .env(name, value)
            .output()
            .unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(name) && said.contains(value), "{said}");
    }
}
