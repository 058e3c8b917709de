//! The artifacts for functions of Google Cloud, in both lanes, served by Google's own framework:
//! the answers to the samples, what is refused, and what comes after a crash.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mlship_core::sample::compare;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::{fixture, tools};
use serde_json::{Value, json};

use crate::support::{edit, heart_disease, mlship, root};

/// What the example says of the kind, and what it says for a function.
const SOURCE: &str = "kind: cloud-run-source";
const FUNCTION: &str = "kind: functions-v2";

/// Unpacks as Google's build does: every file, and no mode.
const UNPACK: &str = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";

/// The framework with an artifact; ended when dropped, with what it started.
struct Function {
    child: Child,
    agent: ureq::Agent,
    url: String,
    folder: PathBuf,
}

/// An answer: status, media type, and the body as JSON.
type Answer = (u16, String, Value);

impl Function {
    /// Starts the framework as Google's image does, and waits until the model is loaded.
    fn start(folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port").port().to_string();
        let log = fs::File::create(folder.join("log")).expect("a log");
        let child = Command::new(tools::functions_framework())
            .args(["--target", "predict", "--host", "127.0.0.1", "--port", &port])
            .current_dir(folder)
            .env("K_SERVICE", "heart-disease")
            .env("PORT", &port)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the framework starts");
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent = config.timeout_global(Some(Duration::from_secs(50))).build().into();
        let url = format!("http://127.0.0.1:{port}");
        let mut function = Self { child, agent, url, folder: folder.to_owned() };
        function.wait();
        function
    }

    /// Until the model is loaded.
    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(50);
        let url = format!("{}/readyz", self.url);
        while !self.agent.get(&url).call().is_ok_and(|answer| answer.status() == 200) {
            let ended = self.child.try_wait().expect("a process");
            assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.url));
        read(request.content_type("application/json").send(body).expect("an answer"))
    }

    fn get(&self, path: &str) -> Answer {
        read(self.agent.get(format!("{}{path}", self.url)).call().expect("an answer"))
    }

    /// Asks for every sample of the project.
    fn check_samples(&self, project: &Path) {
        for number in 1..=2 {
            let file =
                |end: &str| fs::read_to_string(project.join(format!("samples/{number}{end}")));
            let (status, media_type, answer) =
                self.post("/predict", &file(".json").expect("a sample"));
            assert_eq!((status, media_type.as_str()), (200, "application/json"), "{answer}");
            let expected = file(".expect.json").expect("an answer");
            let expected = serde_json::from_str(&expected).expect("JSON");
            compare(&expected, &answer).unwrap_or_else(|wrong| panic!("{number}: {wrong}"));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The runtimes that serve this artifact.
    fn runtimes(&self) -> Vec<String> {
        let folder = self.folder.to_str().expect("plain").as_bytes();
        let processes = fs::read_dir("/proc").expect("processes").flatten();
        let is_one = |process: &fs::DirEntry| {
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let mut words = line.split(|byte| *byte == 0);
            words.next().is_some_and(|program| program.ends_with(b"mlship-runtime"))
                && words.any(|word| word == folder)
        };
        processes
            .filter(is_one)
            .map(|process| process.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        kill("TERM", &self.child.id().to_string());
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.runtimes().iter().for_each(|process| kill("KILL", process));
    }
}

fn kill(signal: &str, process: &str) {
    let _ = Command::new("kill").args(["-s", signal, process]).status();
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let media_type = response.headers().get("content-type").expect("a type");
    let media_type = media_type.to_str().expect("text").to_owned();
    let text = response.body_mut().read_to_string().expect("text");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (response.status().as_u16(), media_type, body)
}

/// A problem as every lane tells it.
fn is_problem((status, media_type, body): &Answer, expected: u16, slug: &str) {
    assert_eq!(*status, expected, "{body}");
    assert_eq!(media_type, "application/problem+json");
    assert_eq!(body["type"], format!("urn:mlship:problem:{slug}"), "{body}");
    assert_eq!(body["status"], expected);
}

/// Packs the project and unpacks the artifact.
fn unpacked(sandbox: &Sandbox, project: &Path) -> PathBuf {
    mlship(sandbox, project, &["package", "--provider", "gcp"]).ended(0);
    let archives = fs::read_dir(project.join(".mlship")).expect("a folder").flatten();
    let is_zip = |path: &PathBuf| path.extension().is_some_and(|end| end == "zip");
    let archive = archives.map(|entry| entry.path()).find(is_zip).expect("a zip");
    let to = sandbox.path().join("workspace");
    let ran = Command::new(tools::python()).args(["-c", UNPACK]).args([&archive, &to]).status();
    assert!(ran.expect("Python").success());
    to
}

#[test]
fn the_native_function_answers_as_the_runtime_does_and_survives_its_crash() {
    let (sandbox, project) = heart_disease();
    edit(&project, SOURCE, FUNCTION);
    let folder = unpacked(&sandbox, &project);
    let function = Function::start(&folder);
    function.check_samples(&project);
    is_problem(&function.post("/predict", "{"), 400, "not-json");
    is_problem(&function.post("/predict?x=%2Fpredict", "[]"), 422, "empty-list");
    is_problem(&function.get("/predict"), 405, "method-not-allowed");
    is_problem(&function.post("/a/b%20c?d=e", ""), 404, "not-found");
    assert_eq!(function.get("/healthz").2, json!({"status": "alive"}));
    let too_long = " ".repeat(7 << 20);
    is_problem(&function.post("/predict", &too_long), 413, "body-too-large");

    let [runtime] = &function.runtimes()[..] else { panic!("{:?}", function.runtimes()) };
    kill("KILL", runtime);
    while fs::read_to_string(format!("/proc/{runtime}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z"))
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    is_problem(&function.get("/readyz"), 503, "gone");
    function.check_samples(&project);
    assert_eq!(function.runtimes().len(), 1);
}

/// A project of the python lane: a pipeline of scikit-learn as its own library keeps it.
fn scripts() -> (Sandbox, PathBuf) {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-lane");
    let source = root().join("tests/python_lane");
    let train = source.join("train.py");
    fixture::made_once(&made, &[&train], |folder| {
        let ran = Command::new(tools::python()).arg(&train).arg(folder).status();
        assert!(ran.expect("Python").success());
    });
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&source, "project");
    for file in ["model.joblib", "samples"] {
        let (from, to) = (made.join(file), project.join(file));
        match from.is_dir() {
            true => drop(sandbox.copy(&from, "project/samples")),
            false => drop(fs::copy(from, to).expect("a model")),
        }
    }
    (sandbox, project)
}

#[test]
fn the_python_function_answers_as_its_handler_says() {
    let (sandbox, project) = scripts();
    let folder = unpacked(&sandbox, &project);
    for file in ["main.py", "app.py", "columns/__init__.py", "model.joblib", "samples/1.json"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert!(!folder.join("train.py").exists(), "what the handler does not import stays");
    let installed = fs::read_to_string(folder.join("requirements.txt")).expect("a list");
    assert!(installed.contains("scikit-learn\n") && installed.contains("functions-framework=="));

    let function = Function::start(&folder);
    function.check_samples(&project);
    let ask = |value: Value| function.post("/", &value.to_string());
    let answer = |value| (200, "application/json".to_owned(), value);
    assert_eq!(ask(json!({"echo": [1, null, "é"]})), answer(json!([1, null, "é"])));
    assert_eq!(ask(json!({"numpy": true})), answer(json!({"a": [[0, 1], [2, 3]], "b": true})));
    assert_eq!(ask(json!({"loaded": true})), answer(json!(1)), "`load` is called once");
    is_problem(&function.post("/predict", "{\"x\": NaN}"), 400, "not-json");
    is_problem(&function.post("/predict", &"[".repeat(100_000)), 400, "not-json");
    is_problem(&function.get("/predict"), 405, "method-not-allowed");
    is_problem(&function.get("/elsewhere"), 404, "not-found");

    let wrong = ask(json!({"raise": "a secret"}));
    is_problem(&wrong, 500, "failed");
    assert_eq!(wrong.2["detail"], "the handler raised `Refused`");
    let log = function.log();
    let told = log.lines().find(|line| line.contains("a secret")).expect("a line in the log");
    let told: Value = serde_json::from_str(told).expect("JSON");
    let message = told["message"].as_str().expect("text");
    assert!(told["severity"] == "ERROR" && message.contains("app.py\", line"), "{message}");
    for (kind, named) in [("set", "`set`"), ("path", "`pathlib.PosixPath`"), ("nan", "`float`")] {
        let wrong = ask(json!({"no-json": kind}));
        is_problem(&wrong, 500, "failed");
        let detail = wrong.2["detail"].as_str().expect("text");
        assert!(detail.contains(named), "{detail}");
    }
    assert_eq!(function.get("/healthz").2, json!({"status": "alive"}));
}

#[test]
fn the_python_lane_packs_the_same_bytes() {
    let (sandbox, project) = scripts();
    let pack = || {
        let args = ["package", "--provider", "gcp"];
        let answer = crate::support::json(&sandbox, &project, &args, 0);
        answer["artifact"]["sha256"].as_str().expect("a digest").to_owned()
    };
    let first = pack();
    let app = project.join("app.py");
    let text = fs::read(&app).expect("a handler");
    fs::write(&app, &text).expect("the same, written later");
    assert_eq!(pack(), first);
    fs::write(&app, [&text[..], b"\n"].concat()).expect("another handler");
    assert_ne!(pack(), first);
}

#[test]
fn a_source_archive_is_the_same_twice_and_starts_where_it_is_unpacked() {
    let (sandbox, project) = heart_disease();
    let args = ["package", "--provider", "gcp"];
    let first = crate::support::json(&sandbox, &project, &args, 0);
    assert_eq!(first["artifact"]["format"], "tar");
    let bytes = fs::read(project.join(".mlship/heart-disease.tar.gz")).expect("an archive");
    let again = crate::support::json(&sandbox, &project, &args, 0);
    assert_eq!(first["artifact"]["sha256"], again["artifact"]["sha256"]);
    assert!(bytes == fs::read(project.join(".mlship/heart-disease.tar.gz")).expect("an archive"));

    let to = sandbox.path().join("workspace");
    fs::create_dir(&to).expect("a folder");
    let archive = project.join(".mlship/heart-disease.tar.gz");
    let ran = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&to).status();
    assert!(ran.expect("tar").success());
    let sample = fs::File::open(project.join("samples/1.json")).expect("a sample");
    let ran = Command::new(to.join("bootstrap")).arg("--answer").stdin(sample).output();
    let ran = ran.expect("the runtime starts");
    let answer: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let expected = fs::read(project.join("samples/1.expect.json")).expect("an answer");
    compare(&serde_json::from_slice(&expected).expect("JSON"), &answer).expect("the answer");
}
