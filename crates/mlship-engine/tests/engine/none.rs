//! No engine is there, or what listens is none.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::thread;

use mlship_engine::{Engine, EngineError};

async fn error(address: &str) -> EngineError {
    Engine::connect(Some(address)).await.expect_err("no engine")
}

#[tokio::test]
async fn without_an_engine_it_says_what_works() {
    let error = error("unix:///nowhere/docker.sock").await;
    let text = error.to_string();
    assert_eq!(
        text,
        "no Docker Engine answers at `unix:///nowhere/docker.sock`: there is no such socket"
    );
    let hints = error.hints().join("\n");
    assert!(hints.contains("DOCKER_HOST") && hints.contains("deployed without one"), "{hints}");
}

#[tokio::test]
async fn only_sockets_of_this_machine_are_spoken_to() {
    let error = error("tcp://127.0.0.1:2375").await;
    assert!(matches!(error, EngineError::Address { .. }), "{error}");
}

#[tokio::test]
async fn a_socket_without_a_listener_and_one_that_is_no_engine_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.sock");
    let address = format!("unix://{}", path.display());
    let listener = UnixListener::bind(&path).expect("a socket");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.write_all(b"220 mail.example ESMTP\r\n").expect("written");
    });
    let told = error(&address).await.to_string();
    assert!(told.contains("no Docker Engine answers"), "{told}");
    server.join().expect("it was asked");
    let told = error(&address).await.to_string();
    assert!(told.contains("refused"), "{told}");
}
