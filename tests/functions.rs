//! The artifact for Azure Functions, started as the Functions host starts it: the answers to the
//! samples, in both forms that the host sends requests in.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mlship_azure::artifact::{self, AuthLevel};
use mlship_core::sample::{Sample, compare};
use mlship_embed::{Architecture, Variety};
use mlship_package::{Layout, Model, Modes, Source, assemble, zip};
use mlship_testkit::tools;
use serde_json::{Value, json};

use crate::support::heart_disease;

/// Unpacks an archive as Linux does, modes and all, and says what its directory holds: the path,
/// the system that it was made by, and the mode.
const UNPACK: &str = "
import json, os, sys, zipfile
said = {}
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        said[entry.filename] = [entry.create_system, oct(entry.external_attr >> 16)]
        os.chmod(archive.extract(entry, sys.argv[2]), entry.external_attr >> 16 & 0o7777)
print(json.dumps(said))
";

/// A handler that runs; killed when dropped.
struct Handler {
    child: Child,
    agent: ureq::Agent,
    url: String,
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_packaged_handler_answers_the_samples_in_both_forms() {
    let (sandbox, project) = heart_disease();
    let archive = package(&project);
    let root = sandbox.path().join("home/site/wwwroot");
    check_directory(&unpack(&archive, &root));
    let (handler, name) = start(&root);
    let samples = samples(&project);
    for sample in &samples {
        let expected = sample.expect.as_ref().expect("an answer");
        let body = sample.request.to_string();
        for path in ["/predict", "/api/predict"] {
            for answer in [handler.proxied(path, &body), handler.wrapped(&name, path, &body)] {
                compare(expected, &answer)
                    .unwrap_or_else(|wrong| panic!("{}: {wrong}", sample.name));
            }
        }
    }
}

/// The example as an archive for Functions.
fn package(project: &Path) -> PathBuf {
    let loaded = mlship_manifest::load(&project.join("mlship.yaml")).expect("a manifest");
    let read = loaded.project.expect("a project");
    let model = Model::read(&project.join("model.onnx")).expect("a model");
    let assembly = assemble(&read, &model, &[], &project.join(".mlship")).expect("a bundle");
    let runtime = mlship_embed::runtime(Variety::of(&assembly.bundle), Architecture::X86_64);
    let runtime = Source::Bytes(runtime.expect("a runtime").bytes.into());
    let layout = Layout {
        modes: Modes::Open,
        beside: artifact::files(read.resources.timeout_s.value, AuthLevel::Function),
        ..Layout::zip(artifact::EXECUTABLE)
    };
    let mut contents = assembly.contents;
    layout.complete(&mut contents, runtime).expect("room beside the bundle");
    zip(&contents, &project.join("functions.zip")).expect("an archive").path
}

fn unpack(archive: &Path, to: &Path) -> BTreeMap<String, (u32, String)> {
    fs::create_dir_all(to).expect("a folder");
    let ran = Command::new(tools::python()).args(["-c", UNPACK]).args([archive, to]).output();
    let ran = ran.expect("Python");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// Without Unix's modes the host finds no function, and says nothing.
fn check_directory(entries: &BTreeMap<String, (u32, String)>) {
    const UNIX: u32 = 3;
    for path in ["handler", "host.json", "predict/function.json", "bundle.json"] {
        assert!(entries.contains_key(path), "{path}: {entries:?}");
    }
    for (path, (system, mode)) in entries {
        let expected = if path == "handler" { "0o100777" } else { "0o100666" };
        assert_eq!((*system, mode.as_str()), (UNIX, expected), "{path}");
    }
}

/// Starts what `host.json` names, as the host does; also gives the name of the one function.
fn start(root: &Path) -> (Handler, String) {
    let host: Value = read(&root.join("host.json"));
    let program = host["customHandler"]["description"]["defaultExecutablePath"].as_str();
    let folders =
        fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let functions: Vec<_> = folders.filter(|path| path.join("function.json").exists()).collect();
    let [function] = &functions[..] else { panic!("{functions:?}") };
    let name = function.file_name().expect("a name").to_string_lossy().into_owned();
    // The host looks for a free port in this way too.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("a port").port();
    let child = Command::new(root.join(program.expect("a program")))
        .current_dir(root)
        .env_clear()
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
        .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "b2e4d8a2-6a0e-4d52-9a10-a5a3fb2b1b8e")
        .env("FUNCTIONS_CUSTOMHANDLER_REQUEST_ID", "5e1d1d60-3b0a-4f0c-8f7e-6a3f9fbc9a11")
        .env("FUNCTIONS_APP_ROOT_PATH", root)
        .env("AzureWebJobsScriptRoot", root)
        .env("AZURE_FUNCTIONS_ENVIRONMENT", "Production")
        .env("WEBSITE_SITE_NAME", "heart-disease")
        .env("PORT", "80")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the handler starts");
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
    let agent = config.timeout_global(Some(Duration::from_secs(50))).build().into();
    let mut handler = Handler { child, agent, url: format!("http://127.0.0.1:{port}") };
    handler.wait();
    (handler, name)
}

impl Handler {
    /// Any answer will do.
    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(50);
        while self.agent.get(&self.url).call().is_err() {
            let ended = self.child.try_wait().expect("a process");
            assert!(ended.is_none() && Instant::now() < deadline, "it does not listen: {ended:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A request as the host hands it on: at its own path, with what the host adds.
    fn proxied(&self, path: &str, body: &str) -> Value {
        let request = self
            .agent
            .post(format!("{}{path}?code=c2VjcmV0", self.url))
            .header("x-forwarded-for", "203.0.113.7:51132")
            .header("x-original-url", path)
            .header("content-type", "application/json");
        let mut response = marked(request).send(body).expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        json_of(&mut response)
    }

    /// A request as the host wraps it; what is checked of the answer is what the host reads.
    fn wrapped(&self, function: &str, path: &str, body: &str) -> Value {
        let request = json!({
            "Url": format!("https://heart-disease.azurewebsites.net{path}?code=c2VjcmV0"),
            "Method": "POST",
            "Query": {"code": "c2VjcmV0"},
            "Headers": {
                "Content-Type": ["application/json"],
                "Content-Length": [body.len().to_string()],
                "Host": ["heart-disease.azurewebsites.net"]
            },
            "Params": {"path": path.trim_start_matches('/')},
            "Identities": [{"AuthenticationType": null, "IsAuthenticated": false, "Claims": []}],
            "Body": body
        });
        let sys = json!({"MethodName": function, "UtcNow": "2026-01-02T03:04:05.678Z"});
        let wrapped = json!({"Data": {"req": request}, "Metadata": {"sys": sys}}).to_string();
        let request = self
            .agent
            .post(format!("{}/{function}", self.url))
            .header("content-type", "application/json; charset=utf-8");
        // In pieces, as the host sends it.
        let mut pieces = Cursor::new(wrapped);
        let body = ureq::SendBody::from_reader(&mut pieces);
        let mut response = marked(request).send(body).expect("an answer");
        assert!(response.status().is_success(), "{response:?}");
        let answer = json_of(&mut response);
        assert!(answer["Logs"].is_array(), "{answer}");
        let response = &answer["Outputs"]["res"];
        assert_eq!(response["statusCode"], "200", "{answer}");
        assert_eq!(response["headers"]["content-type"], "application/json");
        serde_json::from_str(response["body"].as_str().expect("text")).expect("JSON")
    }
}

/// A request with a body.
type Request = ureq::RequestBuilder<ureq::typestate::WithBody>;

/// With the headers that the host gives to all that it sends.
fn marked(request: Request) -> Request {
    request
        .header("X-Azure-Functions-InvocationId", "83a33220-a921-460a-bec0-b3f043dcf1ff")
        .header("X-Azure-Functions-HostVersion", "4.1045.200.0")
        .header("User-Agent", "Azure-Functions-Host/4.1045.200.0")
}

fn json_of(response: &mut ureq::http::Response<ureq::Body>) -> Value {
    let text = response.body_mut().read_to_string().expect("text");
    serde_json::from_str(&text).expect("JSON")
}

fn samples(project: &Path) -> Vec<Sample> {
    let sample = |number: u32| Sample {
        name: number.to_string(),
        request: read(&project.join(format!("samples/{number}.json"))),
        expect: Some(read(&project.join(format!("samples/{number}.expect.json")))),
    };
    (1..=2).map(sample).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}
