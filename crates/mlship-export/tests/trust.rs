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

/// Other ways to a command or a file, each with Python that says what is called with what.
const OTHER_WAYS: &[(&str, &str, &str)] = &[
    ("uuid", "_get_command_stdout", "('touch', 'harm')"),
    ("distutils.spawn", "spawn", "(['touch', 'harm'],)"),
    ("setuptools._distutils.spawn", "spawn", "(['touch', 'harm'],)"),
    ("joblib.disk", "delete_folder", "('folder',)"),
    ("pathlib", "Path.write_text", "(pathlib.Path('harm'), 'x')"),
    ("joblib", "dump", "([1], 'harm')"),
    ("joblib.numpy_pickle", "dump", "([1], 'harm')"),
    ("py_compile", "compile", "('source.py', 'harm')"),
    ("gzip", "open", "('harm', 'wb')"),
    ("numpy", "savetxt", "('harm', [1.0])"),
    ("numpy", "ndarray.tofile", "(numpy.ones(2), 'harm')"),
    ("shelve", "open", "('harm',)"),
    ("logging", "FileHandler", "('harm',)"),
    ("pandas", "DataFrame.to_csv", "(pandas.DataFrame({'a': [1]}), 'harm')"),
    // Reached by name, and called without an import of its own.
    ("operator", "methodcaller", "CALLER"),
    ("builtins", "getattr", "FETCHED"),
];

/// Writes the pickle of the call, loads it where `harm` is no harm, and says what was done by that.
const CALLING: &str = "
import importlib, operator, os, pathlib, pickle, sys
import numpy, pandas
path, module, name, arguments = sys.argv[1:]
called = importlib.import_module(module)
for part in name.split('.'): called = getattr(called, part)
class Writer(pickle._Pickler):
    def save_global(self, obj, name=None):
        if obj is not called: return super().save_global(obj, name)
        self.save(module); self.save(sys.argv[3]); self.write(pickle.STACK_GLOBAL)
    def save(self, obj, save_persistent_id=True):
        if obj is called: return self.save_global(obj)
        return super().save(obj, save_persistent_id)
def write(writer, value):
    writer.write(pickle.PROTO + bytes([4]))
    value(writer)
    writer.write(pickle.STOP)
def plain(callee, arguments):
    def value(writer):
        callee(writer); writer.save(arguments); writer.write(pickle.REDUCE)
    return value
itself = lambda writer: writer.save(called)
target = (pathlib.Path('harm'),)
ways = {
    'CALLER': lambda: plain(plain(itself, ('write_text', 'x')), target),
    'FETCHED': lambda: plain(plain(itself, (*target, 'write_text')), ('x',)),
}
value = ways[arguments]() if arguments in ways else plain(itself, eval(arguments))
with open(path, 'wb') as file: write(Writer(file, 4), value)
";

#[test]
fn other_ways_to_a_command_or_a_file_are_refused_and_would_have_worked() {
    for (module, name, arguments) in OTHER_WAYS {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("source.py"), "1").unwrap();
        fs::create_dir(folder.join("folder")).unwrap();
        let run = |arguments: &[&str]| {
            let mut python = Command::new(tools::python());
            let python = python.arg("-c").args(arguments).current_dir(folder);
            let said = python.output().unwrap();
            String::from_utf8_lossy(&said.stderr).into_owned()
        };
        let said = run(&[CALLING, "call.pkl", module, name, arguments]);
        assert_eq!(said, "", "{module}.{name}");
        let full = format!("{module}.{name}");
        let facts = inspect(&folder.join("call.pkl")).unwrap();
        assert_eq!(trust(&facts), Trust::Refused(vec![full.clone()]), "{full}");
        assert!(facts.warnings.iter().any(|warning| warning.contains(&full)), "{full}");
        let is_done = || {
            let files = fs::read_dir(folder).unwrap();
            let mut names = files.map(|one| one.unwrap().file_name().into_string().unwrap());
            names.any(|name| name.starts_with("harm")) || !folder.join("folder").exists()
        };
        assert!(!is_done(), "{full} ran");
        // Unpickling does run it: the test can fail.
        let said = run(&["import pickle; pickle.load(open('call.pkl', 'rb'))"]);
        assert!(is_done(), "{full} did not run: {said}");
    }
}

#[test]
fn what_carries_code_reads_another_pickle_or_reaches_anything_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.pkl");
    let path_of = "cpathlib\nPath\n(S'harm'\ntR";
    for (name, bytes) in [
        ("cloudpickle.loads", "ccloudpickle\nloads\n(S'x'\ntR.".into()),
        (
            "cloudpickle.cloudpickle._make_function",
            "ccloudpickle.cloudpickle\n_make_function\n(tR.".into(),
        ),
        ("dill.loads", "cdill\nloads\n(S'x'\ntR.".into()),
        // Handed on, made from one word, and put aside and taken again.
        ("builtins.getattr", "cfunctools\npartial\n(c__builtin__\ngetattr\ntR.".into()),
        ("builtins.getattr", format!("({path_of}S'write_text'\ni__builtin__\ngetattr\n.")),
        ("builtins.getattr", format!("(cbuiltins\ngetattr\n{path_of}S'write_text'\no.")),
        (
            "builtins.getattr",
            format!(
                "cbuiltins\ngetattr\np0\n(cfastai.vision.core\nPILImage\nS'create'\ntR\
                 g0\n({path_of}S'write_text'\ntR."
            ),
        ),
    ] {
        fs::write(&path, &bytes).unwrap();
        let found = trust(&inspect(&path).unwrap());
        assert_eq!(found, Trust::Refused(vec![name.into()]), "{bytes}");
    }
    for known in ["fastai.vision.core\nPILImage\nS'create'", "__builtin__\nunicode\nS'lower'"] {
        fs::write(&path, format!("c__builtin__\ngetattr\n(c{known}\ntR.")).unwrap();
        let found = trust(&inspect(&path).unwrap());
        assert_eq!(found, Trust::Runs(vec!["__builtin__.getattr".into()]), "{known}");
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
