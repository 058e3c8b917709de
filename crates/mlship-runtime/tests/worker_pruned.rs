//! A handler whose packages were made smaller: what is served from the archive, and what is missing.
#![cfg(feature = "worker")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::json;
use support::handlers::{self, predict, started, wait_for};
use tempfile::TempDir;

/// What stands in the packages that were made smaller.
const GUARD: &str = include_str!("../../mlship-slim/src/guard/_mlship_guard.py");

/// What it knows: one module is in the archive, the others are nowhere.
const INDEX: &str = r#"{"distributions": ["fruit"], "modules": {
    "fruit.pear": [0, 0, 1], "fruit.plum": [0, 0, 0], "fruit.quince": [0, 0, 0]}}"#;

/// Makes the archive.
const ARCHIVE: &str = "
import importlib.util, marshal, sys, zipfile
code = marshal.dumps(compile(b'WEIGHT = 3', 'fruit/pear.py', 'exec'))
code = importlib.util.MAGIC_NUMBER + bytes(12) + code
zipfile.ZipFile(sys.argv[1], 'w').writestr('fruit/pear.pyc', code)
";

/// Uses what it is asked for, and takes a module that is missing for one that nobody needs.
const APP: &str = "
def predict(asked):
    if asked == 'pear':
        from fruit import pear
        return pear.WEIGHT
    if asked == 'plum':
        from fruit import plum
    if asked == 'quince':
        try:
            from fruit import quince
        except ImportError:
            return 'none'
    return asked
";

/// A bundle with the handler and its smaller packages.
fn pruned(app: &str) -> TempDir {
    let folder = handlers::write(app);
    let site = folder.path().join("site");
    for (file, text) in
        [("_mlship_guard.py", GUARD), ("_mlship_guard.json", INDEX), ("fruit/__init__.py", "")]
    {
        let file = site.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    archive(&site);
    folder
}

fn archive(site: &Path) {
    let mut python = Command::new(mlship_testkit::tools::python());
    python.args(["-c", ARCHIVE]).arg(site.join("_mlship_rest.zip")).current_dir(site);
    support::run(&mut python);
}

#[test]
fn worker_serves_a_module_from_the_archive_and_says_so() {
    let folder = pruned(APP);
    let mut server = started(folder.path());
    assert_eq!(predict(&server, &json!("pear")).json(), json!(3));
    let printed = wait_for(&mut server, "printed");
    let line = "module `fruit.pear` of `fruit` came from the archive of what no sample used; \
                `keep: [fruit.pear]` under `python` in the manifest saves the time";
    assert!(printed.to_string().contains(line), "{printed}");
    assert_eq!(predict(&server, &json!("pear")).status, 200);
}

#[test]
fn worker_names_a_module_that_is_missing_though_the_error_was_swallowed() {
    let folder = pruned(APP);
    let mut server = started(folder.path());
    for module in ["plum", "quince", "quince"] {
        let reply = predict(&server, &json!(module));
        let detail = format!(
            "module `fruit.{module}` of `fruit` is not in this package, because no sample used \
             it; add `keep: [fruit.{module}]` under `python` in the manifest, or a sample that \
             uses it, and package again"
        );
        assert_eq!((reply.status, &reply.json()["detail"]), (500, &json!(detail)));
        assert_eq!(wait_for(&mut server, "raised")["cause"], json!(detail));
        // What remembers that the module is missing is ended, and the next is there at once.
        assert_eq!(predict(&server, &json!("apple")).json(), json!("apple"));
        assert_eq!(wait_for(&mut server, "worker-ended")["again_milliseconds"], json!(0));
    }
}

#[test]
fn worker_is_not_ready_where_a_module_is_missing_from_the_beginning() {
    let folder = pruned(
        "try:\n    import fruit.plum\nexcept ImportError:\n    pass\n\ndef predict(asked): return 1\n",
    );
    let mut server = support::server::Server::start(folder.path());
    let failed = loop {
        let notice = server.notice();
        if notice["event"] == "failed" {
            break notice;
        }
    };
    assert!(failed.to_string().contains("add `keep: [fruit.plum]` under `python`"), "{failed}");
}
