//! A handler in Python: what it is given, what it may give, and what callers hear of it.
#![cfg(feature = "worker")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::process::Command;

use mlship_bundle::{Bounds, Bundle, EngineKind, Input, Output, Worker};
use serde_json::{Value, json};
use support::client::{Client, request};
use support::handlers::{self, ask, predict, serve};
use support::server::Server;

/// Says what it was given.
const ECHO: &str = "
def predict(asked):
    return {'type': type(asked).__name__, 'value': asked if not isinstance(asked, bytes) else len(asked)}
";

#[test]
fn worker_gives_a_handler_plain_python_by_the_media_type() {
    let (_folder, server) = serve(ECHO);
    for (media_type, body, kind, value) in [
        (
            "application/json",
            r#"{"a": [1, 2.5, null, true, "ü"]}"#,
            "dict",
            json!({"a": [1, 2.5, null, true, "ü"]}),
        ),
        ("application/json", "[]", "list", json!([])),
        ("application/x-www-form-urlencoded", "7", "int", json!(7)),
        ("application/vnd.x+json", "\"a\"", "str", json!("a")),
        ("text/plain", "a\nb", "str", json!("a\nb")),
        ("text/csv; charset=utf-8", "a,ü", "str", json!("a,ü")),
        ("image/png", "\u{1}\u{0}", "bytes", json!(2)),
        ("application/octet-stream", "", "bytes", json!(0)),
        ("multipart/form-data; boundary=x", "--x--", "bytes", json!(5)),
    ] {
        let reply = ask(&server, media_type, body);
        let expected = json!({"type": kind, "value": value});
        assert_eq!((reply.status, reply.json()), (200, expected), "{media_type}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    let latin = ask(&server, "text/plain; charset=\"latin-1\"", b"\xfc");
    assert_eq!(latin.json()["value"], "ü");
    for (media_type, body, status, kind) in [
        ("application/json", &b"{"[..], 400, "not-json"),
        ("application/json", b"", 400, "not-json"),
        ("application/json", b"\"\xff\"", 400, "not-json"),
        ("text/plain", b"\xff", 400, "malformed"),
        ("text/plain; charset=klingon", b"a", 415, "unsupported-media-type"),
    ] {
        let reply = ask(&server, media_type, body);
        let expected = format!("urn:mlship:problem:{kind}");
        assert_eq!((reply.status, &reply.json()["type"]), (status, &json!(expected)));
    }
    // So deep that Python gives up.
    let deep = ask(&server, "application/json", "[".repeat(200_000) + &"]".repeat(200_000));
    assert_eq!((deep.status, &deep.json()["type"]), (400, &json!("urn:mlship:problem:not-json")));
    assert_eq!(ask(&server, "application/json", "1").status, 200);
}

#[test]
fn worker_answers_with_what_a_handler_gives() {
    let (_folder, server) = serve(
        "
import numpy as np
def predict(asked):
    return {
        'none': lambda: None,
        'text': lambda: 'ü',
        'tuple': lambda: (1, 'b'),
        'numbers': lambda: {'f32': np.float32(0.5), 'i': np.int64(3), 'b': np.bool_(True),
            'list': np.arange(6).reshape(2, 3), 'nan': float('nan'), 'inf': np.array([np.inf, 1.0]),
            1: 'key'},
        'bytes': lambda: b'\\x00\\xff',
        'png': lambda: (b'\\x89PNG', 'image/png'),
        'split': lambda: (b'x', 'a/b\\r\\nset-cookie: a=b'),
    }[asked]()
",
    );
    let numbers = json!({"f32": 0.5, "i": 3, "b": true, "list": [[0, 1, 2], [3, 4, 5]],
        "nan": null, "inf": [null, 1.0], "1": "key"});
    for (asked, answer) in [
        ("none", Value::Null),
        ("text", json!("ü")),
        ("tuple", json!([1, "b"])),
        ("numbers", numbers),
    ] {
        assert_eq!(predict(&server, &json!(asked)).json(), answer);
    }
    for (asked, media_type, bytes) in [
        ("bytes", "application/octet-stream", &b"\x00\xff"[..]),
        ("png", "image/png", b"\x89PNG"),
        ("split", "application/octet-stream", b"x"),
    ] {
        let reply = predict(&server, &json!(asked));
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(media_type)));
        assert_eq!((reply.body.as_slice(), reply.header("set-cookie")), (bytes, None));
    }
}

#[test]
fn worker_loads_once_and_answers_in_order() {
    let folder = handlers::write(
        "
import os
import beside, installed
calls = []
def load():
    assert open(os.environ['MLSHIP_MODEL']).read() == open('model.bin').read() == 'weights'
    calls.append('load')
def predict(asked):
    calls.append(beside.twice(asked) + installed.NOTHING)
    return calls
",
    );
    let path = folder.path();
    std::fs::write(path.join("code/beside.py"), "def twice(x): return 2 * x").unwrap();
    std::fs::write(path.join("site/beside.py"), "raise Exception('the other one')").unwrap();
    std::fs::write(path.join("site/installed.py"), "NOTHING = 0").unwrap();
    let mut server = handlers::started(path);
    assert_eq!(predict(&server, &json!(1)).json(), json!(["load", 2]));
    let mut client = Client::connect(&server.address);
    handlers::begin(&mut client, "application/json", "2");
    handlers::begin(&mut client, "application/json", "3");
    assert_eq!(client.response().json(), json!(["load", 2, 4]));
    assert_eq!(client.response().json(), json!(["load", 2, 4, 6]));
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    // Nothing was written beside the code.
    assert!(!path.join("code/__pycache__").exists());
}

#[test]
fn worker_takes_arrays_pictures_and_the_media_type_where_a_handler_asks_for_them() {
    let (_folder, server) = serve(
        "
def predict(asked, *, media_type):
    return [type(asked).__name__, getattr(asked, 'shape', None), media_type]
",
    );
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes().chain([0; 8]));
    let reply = ask(&server, "application/x-npy", &npy);
    assert_eq!(reply.json(), json!(["ndarray", [2, 1], "application/x-npy"]));
    let reply = ask(&server, "application/x-npy", &npy[..20]);
    assert_eq!(reply.json()["type"], "urn:mlship:problem:malformed");
    let reply = ask(&server, "image/jpeg; q=1", "x");
    assert_eq!(reply.json(), json!(["bytes", null, "image/jpeg; q=1"]));
}

/// A package by the name of Pillow, as far as the worker asks for it: the real one is not in the
/// environment of these tests.
const PILLOW: &str = "
class Image:
    def __init__(self, data): self.data = data
    def load(self): pass
def open(file):
    data = file.read()
    if not data.startswith(b'PIC'): raise OSError('no picture')
    return Image(data)
";

#[test]
fn worker_opens_pictures_where_the_annotation_says_so() {
    for annotation in ["Image.Image", "'PIL.Image.Image'"] {
        let folder = handlers::write(&format!(
            "from PIL import Image\ndef predict(picture: {annotation}):\n    \
                 return [type(picture).__name__, len(picture.data)]\n"
        ));
        let package = folder.path().join("site/PIL");
        std::fs::create_dir(&package).unwrap();
        std::fs::write(package.join("__init__.py"), "").unwrap();
        std::fs::write(package.join("Image.py"), PILLOW).unwrap();
        let server = handlers::started(folder.path());
        assert_eq!(ask(&server, "image/png", "PICTURE").json(), json!(["Image", 7]));
        // In JSON it is base64.
        for asked in [json!("UElDVFVSRQ=="), json!({"image": {"b64": "UElDVFVSRQ=="}})] {
            assert_eq!(predict(&server, &asked).json(), json!(["Image", 7]), "{asked}");
        }
        let url = json!({"image": "data:image/png;base64,UElDVFVSRQ=="});
        assert_eq!(predict(&server, &url).json(), json!(["Image", 7]));
        for asked in [json!({"a": "UEk=", "b": 1}), json!("no base64"), json!("YWJj"), json!(7)] {
            let reply = predict(&server, &asked).json();
            assert_eq!(reply["type"], "urn:mlship:problem:bad-image", "{asked}");
        }
        let form = "--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--x\r\n\
                    content-disposition: form-data; name=b; filename=c.png\r\n\
                    content-type: image/png\r\n\r\nPIC\r\n--x--\r\n";
        let reply = ask(&server, "multipart/form-data; boundary=x", form);
        assert_eq!(reply.json(), json!(["Image", 3]));
        let reply = ask(&server, "image/png", "no");
        assert_eq!(
            (reply.status, &reply.json()["type"]),
            (422, &json!("urn:mlship:problem:bad-image"))
        );
    }
}

#[test]
fn worker_names_the_type_of_what_was_raised_and_logs_the_rest() {
    let (_folder, mut server) = serve(
        "
def inner(asked):
    if asked == 'exit': raise SystemExit(0)
    return {}[asked]
def predict(asked):
    return inner(asked)
",
    );
    let reply = predict(&server, &json!("secret"));
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json()["detail"], "the handler raised `KeyError`");
    assert!(!reply.text().contains("secret"), "{}", reply.text());
    let raised = handlers::wait_for(&mut server, "raised");
    assert_eq!((&raised["level"], &raised["at"]), (&json!("error"), &json!("app.py:4")));
    let traceback = raised["traceback"].as_str().unwrap();
    for part in ["line 6, in predict", "line 4, in inner", "return {}[asked]", "KeyError: 'secret'"]
    {
        assert!(traceback.contains(part), "{part} is not in {traceback}");
    }
    assert!(!traceback.contains("<mlship>"), "{traceback}");
    // What would end a program ends the call alone.
    let reply = predict(&server, &json!("exit"));
    assert_eq!(reply.json()["detail"], "the handler raised `SystemExit`");
    assert_eq!(server.metric("mlship_problems_total{kind=\"failed\"}"), 2.0);
}

#[test]
fn worker_says_what_of_an_answer_is_no_json_and_where_it_was_returned() {
    let (_folder, server) = serve(
        "
import decimal
class Own: pass
def predict(asked):
    if asked == 0:
        return {'rows': [1, {'a/b': decimal.Decimal(1)}]}
    found = {1: {Own(): 1}, 2: Own(), 3: [], 4: {1, 2}, 5: 1j}[asked]
    if asked == 3:
        found.append(found)
    return found
",
    );
    for (asked, what) in [
        (0, "is no JSON: a value of the type `decimal.Decimal` at `/rows/1/a/b`"),
        (1, "is no JSON: a key of the type `app.Own` in `/`"),
        (2, "is no JSON: a value of the type `app.Own`"),
        (3, "holds itself"),
        (4, "is no JSON: a value of the type `set`"),
        (5, "is no JSON: a value of the type `complex`"),
    ] {
        let reply = predict(&server, &json!(asked));
        // Before Python 3.12 it is one of those lines.
        let expected = format!("the handler's answer {what}, returned at app.py:6 or 10");
        assert_eq!((reply.status, &reply.json()["detail"]), (500, &json!(expected)));
    }
    assert_eq!(predict(&server, &json!(9)).json()["detail"], "the handler raised `KeyError`");
}

#[test]
fn worker_bounds_what_comes_and_what_goes() {
    let bounds = Bounds { body_bytes: 100_000, ..handlers::bundle().bounds };
    let app =
        "def predict(asked):\n    return 'x' * asked if isinstance(asked, int) else len(asked)\n";
    let folder = handlers::write_as(&Bundle { bounds, ..handlers::bundle() }, app);
    let server = handlers::started(folder.path());
    assert_eq!(ask(&server, "text/plain", "x".repeat(100_000)).json(), 100_000);
    let reply = ask(&server, "text/plain", "x".repeat(100_001));
    assert_eq!(
        (reply.status, &reply.json()["type"]),
        (413, &json!("urn:mlship:problem:body-too-large"))
    );
    assert_eq!(predict(&server, &json!(99_998)).body.len(), 100_000);
    let reply = predict(&server, &json!(99_999));
    assert_eq!(reply.json()["type"], "urn:mlship:problem:answer-too-large");
    assert_eq!(
        reply.json()["detail"],
        "the handler's answer has 100001 bytes; at most 100000 are taken"
    );
    assert_eq!(predict(&server, &json!(1)).json(), "x");
}

/// What `/readyz` says of a bundle that cannot be loaded.
fn refusal(bundle: &Bundle, app: &str) -> String {
    let folder = handlers::write_as(bundle, app);
    let mut server = Server::start(folder.path());
    let failed = loop {
        let notice = server.notice();
        if notice["event"] == "failed" {
            break notice;
        }
    };
    let reply = request(&server.address, "GET", "/readyz", "");
    assert_eq!(
        (reply.status, &reply.json()["type"]),
        (500, &json!("urn:mlship:problem:not-loaded"))
    );
    assert_eq!(reply.json()["detail"], failed["cause"]);
    assert_eq!(predict(&server, &json!(1)).status, 500);
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    reply.json()["detail"].as_str().unwrap().to_owned()
}

#[test]
fn worker_that_cannot_load_its_handler_is_told_of_by_readyz_with_the_line() {
    let cannot = "the handler cannot be loaded: ";
    for (app, cause) in [
        (
            "x = 1\ndef predict(asked:\n    pass\n",
            "app.py:2: '(' was never closed: `def predict(asked:`",
        ),
        (
            "\nimport nothing_of_this_name\n",
            "app.py:2: ModuleNotFoundError: No module named 'nothing_of_this_name': `import nothing_of_this_name`",
        ),
        (
            "def load():\n    open('absent.bin')\ndef predict(asked): pass\n",
            "app.py:2: FileNotFoundError: [Errno 2] No such file or directory: 'absent.bin': `open('absent.bin')`",
        ),
        ("def predicted(asked): pass\n", "`app` has no function `predict`"),
        ("predict = 3\n", "`predict` in `app` is no function: int"),
        ("raise SystemExit(7)\n", "app.py:1: SystemExit: 7: `raise SystemExit(7)`"),
    ] {
        assert_eq!(refusal(&handlers::bundle(), app), format!("{cannot}{cause}"));
    }
    let other = |handler: &str, python: &[&str]| {
        let worker = handlers::bundle().worker.unwrap();
        let python: Vec<_> = python.iter().map(|name| (*name).to_owned()).collect();
        let python = if python.is_empty() { worker.python.clone() } else { python };
        let worker = Worker { handler: handler.into(), python, ..worker };
        Bundle { worker: Some(worker), ..handlers::bundle() }
    };
    assert_eq!(
        refusal(&other("nowhere:predict", &[]), ""),
        format!("{cannot}there is no module `nowhere` in `code`, `site`")
    );
    let unstarted = "the python worker cannot be started: ";
    assert_eq!(
        refusal(&other("app:predict", &["python0.1"]), ""),
        format!(
            "{unstarted}there is no `python0.1` on `PATH`; install it or name another in `MLSHIP_PYTHON`"
        )
    );
    assert_eq!(
        refusal(&other("app:predict", &["/bin/false"]), ""),
        format!("{unstarted}it ended with exit code 1 before the handler was loaded")
    );
    let crash = "import os\nprint('so far')\nos._exit(9)\n";
    assert_eq!(
        refusal(&handlers::bundle(), crash),
        format!("{unstarted}it ended with exit code 9 before the handler was loaded: so far")
    );
    let contradiction = "the bundle contradicts itself: ";
    assert_eq!(
        refusal(&other("app", &[]), ""),
        format!("{contradiction}the handler `app` is not of the form `module:function`")
    );
    let without = Bundle { worker: None, ..handlers::bundle() };
    assert_eq!(refusal(&without, ""), format!("{contradiction}its engine needs `worker`"));
    let mut native = handlers::bundle();
    native.model.engine = EngineKind::Classical;
    assert_eq!(refusal(&native, ""), format!("{contradiction}its engine has no `worker`"));
}

#[test]
fn worker_takes_the_python_that_the_environment_names() {
    let folder = handlers::write("import sys\ndef predict(asked):\n    return sys.executable\n");
    let python = mlship_testkit::tools::python();
    let mut bundle = handlers::bundle();
    bundle.worker.as_mut().unwrap().python = vec!["python0.1".into()];
    std::fs::write(folder.path().join("bundle.json"), serde_json::to_vec(&bundle).unwrap())
        .unwrap();
    let named = [("MLSHIP_PYTHON", python.to_str().unwrap())];
    let mut server = Server::start_with(folder.path(), &named);
    handlers::wait_for(&mut server, "ready");
    assert!(predict(&server, &json!(0)).json().as_str().unwrap().contains("python"));
}

#[test]
fn worker_has_the_routes_of_every_lane_but_no_tensors() {
    let (_folder, server) = serve(ECHO);
    let get = |path: &str| request(&server.address, "GET", path, "");
    assert_eq!(get("/healthz").json(), json!({"status": "alive"}));
    assert_eq!(get("/readyz").json(), json!({"status": "ready"}));
    assert_eq!(get("/v2/health/ready").json(), json!({"ready": true}));
    assert!(get("/").text().contains("<script>"));
    let model = get("/v2/models/hand");
    assert_eq!(model.status, 404);
    assert_eq!(
        model.json()["error"],
        "a handler in Python has no tensors to ask for; `/predict` asks it"
    );
    assert_eq!(request(&server.address, "POST", "/v2/models/hand/infer", "{}").status, 404);
    let document = get("/openapi.json").json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.contains_key("/predict") && !paths.contains_key("/v2/models/hand"));
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Example"], json!({"description": "What the handler takes."}));
    assert_eq!(schemas["Prediction"], json!({"description": "What the handler gives."}));
    let model = &document["info"]["x-model"];
    assert_eq!((&model["engine"], &model["bytes"]), (&json!("python"), &json!(7)));
    let metrics = get("/metrics").text();
    assert!(metrics.contains(r#"engine="python""#), "{metrics}");
    // What a manifest says of input and output is described all the same.
    let (input, output) = (Input::Tensor, Output::Tensor);
    let folder = handlers::write_as(&Bundle { input, output, ..handlers::bundle() }, ECHO);
    let described = handlers::started(folder.path());
    assert_eq!(predict(&described, &json!({})).status, 200);
    let document = request(&described.address, "GET", "/openapi.json", "").json();
    assert_eq!(document["components"]["schemas"]["Prediction"]["type"], "object");
}

#[test]
fn worker_runs_on_every_python_that_is_there() {
    let app = "
import sys
def predict(asked):
    if asked == 'version': return list(sys.version_info[:2])
    if asked == 'set':
        return {1}
    return asked
";
    let folder = handlers::write(app);
    let mut found = 0;
    for version in ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"] {
        let python = format!("python{version}");
        let is_there = Command::new(&python).arg("--version").output();
        if !is_there.is_ok_and(|output| output.status.success()) {
            continue;
        }
        found += 1;
        let mut server = Server::start_with(folder.path(), &[("MLSHIP_PYTHON", &python)]);
        handlers::wait_for(&mut server, "ready");
        let answer = predict(&server, &json!("version")).json();
        assert_eq!(format!("{}.{}", answer[0], answer[1]), version);
        let reply = predict(&server, &json!("set")).json();
        let detail = reply["detail"].as_str().unwrap();
        match answer[1].as_u64() >= Some(12) {
            true => assert!(detail.ends_with("`set`, returned at app.py:6"), "{detail}"),
            false => assert!(detail.ends_with("returned at app.py:4 or 6 or 7"), "{detail}"),
        }
    }
    assert!(found > 0, "no python3 is on PATH");
}

#[test]
fn worker_leaves_the_collection_of_garbage_as_a_handler_finds_it() {
    let script = |first: &str| {
        format!(
            "
import gc, json, subprocess, sys
{first}
def predict(asked):
    words = [sys.executable, '-c', 'import gc; print(list(gc.get_threshold()))']
    usual = json.loads(subprocess.check_output(words))
    found = list(gc.get_threshold())
    return [gc.isenabled(), 'usual' if found == usual else found, gc.get_freeze_count() > 0]
"
        )
    };
    let (_folder, server) = serve(&script(""));
    assert_eq!(predict(&server, &json!(0)).json(), json!([true, "usual", true]));
    let (_folder, server) = serve(&script("gc.disable(); gc.set_threshold(5, 6, 7)"));
    assert_eq!(predict(&server, &json!(0)).json(), json!([false, [5, 6, 7], true]));
}
