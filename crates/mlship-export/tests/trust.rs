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

/// A file that `torch.save` wrote, by lines of Python that make `held`.
fn saved(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let path = folder.join(name);
    let script = format!(
        "import os, sys, torch, zipfile\nfrom torch import nn\n\
         class Harm:\n    def __reduce__(self):\n        return os.system, ('touch harm',)\n\
         path = sys.argv[1]\n{lines}"
    );
    let mut python = Command::new(tools::networks_python());
    let status = python.args(["-c", &script]).arg(&path).current_dir(folder).status().unwrap();
    assert!(status.success());
    path
}

#[test]
fn files_of_torch_that_run_code_are_refused_without_being_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = Trust::Refused(vec!["os.system".into()]);
    let mixed = "nn.Sequential(nn.Linear(2, 2)); held.harm = Harm()";
    for (name, lines) in [
        ("module.pt", format!("held = {mixed}\ntorch.save(held, path)")),
        ("state.pt", "torch.save({'a': torch.zeros(2), 'b': Harm()}, path)".into()),
        (
            "legacy.pth",
            format!(
                "held = {mixed}\n\
                 torch.save(held, path, _use_new_zipfile_serialization=False)"
            ),
        ),
        (
            "learner.pkl",
            "from fastai.data.transforms import ToTensor\n\
             torch.save({'a': ToTensor(), 'b': Harm()}, path)"
                .into(),
        ),
        // A script with a pickle in it that its own reader would not run, and another might.
        (
            "script.pt",
            "torch.jit.script(nn.Linear(2, 2)).save(path)\n\
             import pickle\n\
             zipfile.ZipFile(path, 'a').writestr('other/data.pkl', pickle.dumps(Harm()))"
                .into(),
        ),
        // Two pickles: torch takes the one in the folder of the first entry.
        (
            "two.pt",
            "import pickle\n\
             torch.save({'a': torch.zeros(2)}, 'good.pt')\n\
             good = zipfile.ZipFile('good.pt')\n\
             new = zipfile.ZipFile(path, 'w')\n\
             new.writestr('evil/version', '3')\n\
             for one in good.namelist(): new.writestr(one, good.read(one))\n\
             new.writestr('evil/data.pkl', pickle.dumps(Harm(), 2))\nnew.close()"
                .into(),
        ),
    ] {
        let path = saved(folder, name, &lines);
        assert_eq!(trust(&inspect(&path).unwrap()), refused, "{name}");
        assert!(!folder.join("harm").exists(), "{name} ran");
    }
    // One of them loaded by torch does run: the test can fail.
    let load = "import sys, torch; torch.load(sys.argv[1], weights_only=False)";
    let mut python = Command::new(tools::networks_python());
    python.args(["-c", load]).arg(folder.join("module.pt")).current_dir(folder).output().unwrap();
    assert!(folder.join("harm").exists(), "it did not run");
}

#[test]
fn what_hides_another_pickle_is_not_called_safe_and_weights_alone_are() {
    let folder = tempfile::tempdir().unwrap();
    let nested = "import pickle\npickle.dump(nn.Linear(2, 2), open(path, 'wb'))";
    let path = saved(folder.path(), "plain.pkl", nested);
    assert_eq!(trust(&inspect(&path).unwrap()), Trust::Unclear);
    // Two entries of one name: which of them is read is not to be told.
    let twice = "torch.save({'a': torch.zeros(2)}, path)\n\
                 name = [one for one in zipfile.ZipFile(path).namelist() if one.endswith('data.pkl')][0]\n\
                 zipfile.ZipFile(path, 'a').writestr(name, b'\\x80\\x02}.')";
    let path = saved(folder.path(), "twice.pt", twice);
    assert_eq!(trust(&inspect(&path).unwrap()), Trust::Unclear);
    let weights = "torch.save(nn.Linear(2, 2).half().state_dict(), path)";
    let path = saved(folder.path(), "state.pt", weights);
    assert_eq!(trust(&inspect(&path).unwrap()), Trust::Data);
    let whole = "torch.save(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), path)";
    let path = saved(folder.path(), "module.pt", whole);
    assert_eq!(trust(&inspect(&path).unwrap()), Trust::Runs(Vec::new()));
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
