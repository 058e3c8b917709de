//! Bundles whose model is a handler in Python.

use std::path::Path;

use mlship_bundle::{
    Bounds, Bundle, EngineKind, FILE, FORMAT, Input, Model, Output, Serving, Worker,
};
use serde_json::Value;
use tempfile::TempDir;

use super::client::{Client, Response};
use super::server::Server;

/// A bundle whose handler is `predict` in `app.py`, which may take two seconds.
pub(crate) fn bundle() -> Bundle {
    let python = mlship_testkit::tools::python().to_str().unwrap().to_owned();
    Bundle {
        format: FORMAT,
        name: "hand".into(),
        model: Model {
            engine: EngineKind::Python,
            path: "model.bin".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: "0".repeat(64),
            inputs: Vec::new(),
            outputs: Vec::new(),
        },
        input: Input::Any,
        output: Output::Any,
        samples: Vec::new(),
        bounds: Bounds { body_bytes: 1 << 20, rows: 100, timeout_s: 2 },
        serving: Serving::default(),
        formats: Vec::new(),
        worker: Some(Worker {
            python: vec![python],
            handler: "app:predict".into(),
            path: vec!["code".into(), "site".into()],
        }),
    }
}

/// The bundle with this text as `app.py`.
pub(crate) fn write(app: &str) -> TempDir {
    write_as(&bundle(), app)
}

/// Another bundle with it.
pub(crate) fn write_as(bundle: &Bundle, app: &str) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let place = folder.path();
    std::fs::write(place.join(FILE), serde_json::to_vec_pretty(bundle).unwrap()).unwrap();
    std::fs::write(place.join("model.bin"), "weights").unwrap();
    for part in ["code", "site"] {
        std::fs::create_dir(place.join(part)).unwrap();
    }
    std::fs::write(place.join("code/app.py"), app).unwrap();
    folder
}

/// A server with `app.py` loaded.
pub(crate) fn serve(app: &str) -> (TempDir, Server) {
    let folder = write(app);
    let server = started(folder.path());
    (folder, server)
}

/// A server with the handler in the bundle loaded.
pub(crate) fn started(bundle: &Path) -> Server {
    let mut server = Server::start(bundle);
    wait_for(&mut server, "ready");
    server
}

/// Reads notices up to one of this sort, which it gives.
pub(crate) fn wait_for(server: &mut Server, event: &str) -> Value {
    loop {
        let notice = server.notice();
        if notice["event"] == event {
            return notice;
        }
        assert_ne!(notice["event"], "failed", "{notice}");
    }
}

/// A request of this media type.
pub(crate) fn ask(server: &Server, media_type: &str, body: impl AsRef<[u8]>) -> Response {
    let mut client = Client::connect(&server.address);
    begin(&mut client, media_type, body);
    client.response()
}

/// The same without waiting for the response.
pub(crate) fn begin(client: &mut Client, media_type: &str, body: impl AsRef<[u8]>) {
    let length = body.as_ref().len();
    client.send(format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: {media_type}\r\n\
         content-length: {length}\r\n\r\n"
    ));
    client.send(body);
}

/// A request in JSON.
pub(crate) fn predict(server: &Server, request: &Value) -> Response {
    ask(server, "application/json", request.to_string())
}

/// What `/readyz` says once the worker can be called.
pub(crate) fn wait_until_ready(server: &Server) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while super::client::request(&server.address, "GET", "/readyz", "").status != 200 {
        assert!(std::time::Instant::now() < deadline, "the worker does not come back");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Waits until there is no process of this number.
pub(crate) fn wait_until_gone(pid: u64) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let status = format!("/proc/{pid}/stat");
    // One that has ended and is not taken note of by its parent is a `Z`.
    while std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z")) {
        assert!(std::time::Instant::now() < deadline, "{pid} goes on");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
