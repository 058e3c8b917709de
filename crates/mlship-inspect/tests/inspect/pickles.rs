//! Pickles are scanned: what they import is found, and nothing of them runs.

use std::fs;
use std::process::Command;

use mlship_inspect::{Facts, inspect};

use mlship_testkit::tools::torch_python;

use crate::setup::{facts, model, run};

#[test]
fn every_protocol_tells_the_estimator() {
    for protocol in 0..6 {
        let facts = facts(&format!("sklearn-{protocol}"));
        let pickle = facts.pickle.unwrap();
        assert_eq!(pickle.protocol, if protocol < 2 { 0 } else { protocol });
        assert_eq!(pickle.class.as_deref(), Some("sklearn.pipeline.Pipeline"), "{protocol}");
        let classes: Vec<&str> =
            pickle.objects.iter().filter_map(|name| name.rsplit('.').next()).collect();
        assert_eq!(classes, ["Pipeline", "StandardScaler", "LogisticRegression"], "{protocol}");
        assert_eq!(pickle.packages, ["sklearn", "numpy"], "{protocol}");
        assert_eq!(pickle.suspicious, Vec::<String>::new(), "{protocol}");
        let version = &pickle.versions["scikit-learn"];
        assert!(version.starts_with("1."), "{version}");
    }
}

/// The list that Python's own disassembler gives, where it can follow the file.
#[test]
fn imports_are_those_that_python_sees() {
    let script = "
import pickle, sys
class Seeing(pickle.Unpickler):
    def find_class(self, module, name):
        seen[f'{module}.{name}'] = 1
        return super().find_class(module, name)
for path in sys.argv[1:]:
    seen = {}
    Seeing(open(path, 'rb')).load()
    print(' '.join(sorted(seen)))
";
    let names = ["sklearn-2", "sklearn-3", "sklearn-4", "sklearn-5"];
    let mut command = Command::new(mlship_testkit::tools::python());
    command.args(["-c", script]).args(names.map(model));
    let seen = run(&mut command);
    for (name, line) in names.iter().zip(seen.lines()) {
        // Old protocols write old names, which Python maps on loading.
        let mut globals: Vec<String> = facts(name)
            .pickle
            .unwrap()
            .globals
            .into_iter()
            .map(|name| name.replace("copy_reg.", "copyreg.").replace("__builtin__.", "builtins."))
            .collect();
        globals.sort();
        let line = line.replace("copy_reg.", "copyreg.").replace("__builtin__.", "builtins.");
        assert_eq!(globals.join(" "), line, "{name}");
    }
}

#[test]
fn arrays_between_the_opcodes_are_left_out() {
    for name in ["joblib-plain", "joblib-forest", "joblib-words", "joblib-zlib", "xgboost-joblib"] {
        let facts = facts(name);
        assert_eq!(facts.warnings, Vec::<String>::new(), "{name}");
        assert!(facts.pickle.unwrap().class.is_some(), "{name}");
    }
    let pickle = facts("joblib-words").pickle.unwrap();
    assert!(pickle.objects.iter().any(|name| name.ends_with("LogisticRegression")));
}

#[test]
fn an_evil_pickle_is_named_and_not_run() {
    for protocol in 0..6 {
        evil(&facts(&format!("evil/{protocol}")));
    }
    evil(&facts("evil/joblib"));
    evil(&facts("evil-torch"));
    evil(&facts("evil-torch-legacy"));
    let mark = model("was-run");
    assert!(!mark.exists());
    assert!(!std::path::Path::new("was-run").exists());
    // The file is what it is said to be: Python does run it.
    let load = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))";
    let folder = tempfile::tempdir().unwrap();
    let mut python = Command::new(torch_python());
    run(python.args(["-c", load]).arg(model("evil/4")).current_dir(folder.path()));
    assert!(folder.path().join("was-run").exists());
}

fn evil(facts: &Facts) {
    assert_eq!(facts.pickle.as_ref().unwrap().suspicious, ["os.system"]);
    let warning = "this file would run `os.system` (written `posix.system`) when loaded";
    assert_eq!(facts.warnings, [warning]);
    assert_eq!(facts.advice[0], "do not load this file unless you know who wrote it");
}

/// Other ways to say the same.
#[test]
fn evil_in_other_words() {
    let cases: &[(&[u8], &str)] = &[
        (b"(S'touch x'\nios\nsystem\n.", "run `os.system`"),
        (b"(cos\nsystem\nS'touch x'\no.", "run `os.system`"),
        (b"c__builtin__\neval\n(S'1'\ntR.", "run `builtins.eval`"),
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93\x8c\x01x\x85R.", "run `os.system`"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93r\xff\xff\x00\x000j\xff\xff\x00\x00\x8c\x01x\x85R.", "run `os.system`"),
        (b"\x80\x04\x8c\x06random\x8c\x0a_os.system\x93\x8c\x01x\x85R.", "run `random._os.system`"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "import `os.system`"),
        (b"\x80\x02cposix\nsystem\nq\x00.", "import `os.system`"),
        (b"\x80\x04\x82\x01\x8c\x01x\x85R.", "1 imports have names that cannot be followed"),
        (b"\x80\x04V\\u006fs\n\x8c\x06system\x93.", "1 imports have names that cannot be followed"),
        (b"\x80\x04(\x8c\x02osl0\x8c\x09functools\x8c\x07partial\x930cruntime\nx\n0csubprocess\nPopen\n.", "import `subprocess.Popen`"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for (bytes, warning) in cases {
        fs::write(&path, bytes).unwrap();
        let facts = inspect(&path).unwrap();
        let said = facts.warnings.join("; ");
        assert!(said.contains(warning), "{}: {said}", String::from_utf8_lossy(bytes));
    }
}
