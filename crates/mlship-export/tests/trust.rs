//! Files that would do harm, and a process that cannot.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_export::{Environment, Loader, Order, Sandbox, Trust, export, trust};
use mlship_inspect::inspect;
use mlship_testkit::tools;

/// A pickle that calls `function` with `arguments`, both Python, when it is loaded.
fn pickle(folder: &Path, name: &str, function: &str, arguments: &str) -> PathBuf {
    let path = folder.join(name);
    let script = format!(
        "import pickle, sys\nimport os, socket, functools\n\
         class Harm:\n    def __reduce__(self):\n        return {function}, {arguments}\n\
         pickle.dump(Harm(), open(sys.argv[1], 'wb'))"
    );
    let status = Command::new(tools::python()).args(["-c", &script]).arg(&path).status().unwrap();
    assert!(status.success());
    path
}

fn loaded(model: &Path, sandbox: Sandbox) -> String {
    let out = model.with_extension("onnx");
    let order = Order { rows: 10, ..Order::new(model, Loader::Joblib, &out) };
    let environment = Environment::given(tools::python());
    let error = export(&order, &environment, sandbox).unwrap_err();
    assert!(!out.exists());
    error.to_string()
}

#[test]
fn what_runs_code_is_refused_by_its_opcodes() {
    let folder = tempfile::tempdir().unwrap();
    for (function, arguments, name) in [
        ("os.system", "('touch harm',)", "os.system"),
        ("eval", "('1',)", "builtins.eval"),
        ("functools.partial", "(os.system, 'touch harm')", "os.system"),
        ("socket.create_connection", "(('127.0.0.1', 9),)", "socket.create_connection"),
    ] {
        let path = pickle(folder.path(), "harm.pkl", function, arguments);
        let found = trust(&inspect(&path).unwrap());
        assert_eq!(found, Trust::Refused(vec![name.into()]), "{function}");
    }
}

#[test]
fn what_cannot_be_followed_is_not_called_safe() {
    let folder = tempfile::tempdir().unwrap();
    let path = pickle(folder.path(), "cut.pkl", "functools.partial", "(print, 'x' * 1000)");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    assert_eq!(trust(&inspect(&path).unwrap()), Trust::Unclear);
}

#[test]
fn the_process_that_loads_has_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let arguments = format!("(('{}', {}), 5)", address.ip(), address.port());
    let path = pickle(folder.path(), "calls.pkl", "socket.create_connection", &arguments);
    let said = loaded(&path, Sandbox::find().unwrap());
    assert!(said.contains("Network is unreachable"), "{said}");
    assert!(listener.accept().is_err(), "somebody called");
    // The same without the sandbox calls: the test can fail.
    loaded(&path, Sandbox::None);
    assert!(listener.accept().is_ok(), "nobody called");
}

#[test]
fn it_sees_nothing_of_the_users_environment_and_its_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = pickle(folder.path(), "env.pkl", "os.getenv", "('CARGO_MANIFEST_DIR',)");
    let said = loaded(&path, Sandbox::find().unwrap());
    assert!(said.contains("NoneType"), "{said}");
    let path = pickle(folder.path(), "ends.pkl", "os._exit", "(3,)");
    let said = loaded(&path, Sandbox::find().unwrap());
    assert!(said.contains("ended without a word") && said.contains('3'), "{said}");
}
