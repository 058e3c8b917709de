//! What every test stands on: the stand-in, and releases to deploy.

use std::io::{Cursor, Read, Write};

use mlship_azure::{Azure, Config, Identity, Kind, Options, Pace};
use mlship_core::deployment::{Deployment, Request};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{Provider, ProviderError};
use mlship_core::release::Release;
use mlship_testkit::azure::{Call, Cloud, SUBSCRIPTION, Script, Served, TOKEN};
use mlship_testkit::release;
use serde_json::{Value, json};
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

pub(crate) use mlship_testkit::release::NAME;

pub(crate) const LOCATION: &str = "westeurope";
pub(crate) const GROUP: &str = "mlship-heart-disease";

/// The stand-in, and a folder for artifacts.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Services answer with the `answer.json` of their package.
    pub(crate) fn new() -> Self {
        Self { cloud: Cloud::start(stand_in), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn connect(&self, config: Config) -> Result<Azure, ProviderError> {
        let options = Options {
            endpoint: Some(self.cloud.url()),
            subscription: Some(SUBSCRIPTION.to_owned()),
            identity: Identity::Token(TOKEN.to_owned()),
            pace: Pace::hurried(),
            ..Options::default()
        };
        Azure::connect(config, options).await
    }

    /// A release of functions that answers `answer`, and whose sample expects that.
    pub(crate) fn release(&self, answer: &Value) -> Release {
        self.release_of(&package(&answer.to_string(), &[]), answer)
    }

    /// A release of these bytes as its zip.
    pub(crate) fn release_of(&self, zip: &[u8], answer: &Value) -> Release {
        release::of_zip(self.folder.path(), zip, answer)
    }

    /// `release`, with a file of these bytes to be fetched at start.
    pub(crate) fn fetching(&self, release: Release, file: &[u8]) -> Release {
        release::fetching(self.folder.path(), release, file)
    }

    /// The calls that changed something, as `PUT Microsoft.Web/sites`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = |call: &Call| call.effect() == mlship_testkit::azure::Effect::Write;
        self.cloud.calls().iter().filter(|call| writes(call)).map(brief).collect()
    }
}

/// A call without the names of what it is for.
fn brief(call: &Call) -> String {
    let (host, _) = call.host.rsplit_once(':').unwrap_or((&call.host, ""));
    let what = match call.path.rsplit_once("/providers/") {
        Some((_, own)) => {
            let words: Vec<&str> = own.split('/').collect();
            let kinds = words.iter().skip(1).step_by(2).copied();
            let named = [words[0]].into_iter().chain(kinds).collect::<Vec<_>>();
            named.join("/")
        }
        None if call.path.starts_with("/subscriptions/") => "group".to_owned(),
        None if host.contains(".scm.") => format!("scm {}", call.path),
        None => "blob".to_owned(),
    };
    format!("{} {what}", call.method)
}

/// Plans and applies.
pub(crate) async fn deploy(azure: &Azure, release: &Release) -> Result<Deployment, ProviderError> {
    let plan: Plan = azure.plan(release).await?;
    azure.apply(release, &plan, &Silent).await
}

/// What a service answers to a good request.
pub(crate) async fn answer(azure: &Azure) -> Value {
    let answer = azure.invoke(NAME, Request::json(br#"{"age": 63}"#)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

pub(crate) fn config(kind: Kind) -> Config {
    Config { kind, location: LOCATION.into(), ..Config::default() }
}

/// The zip of a function app: what the host wants, a program, and the answer that it gives. A
/// `mode` for a file's name is another than it should have; 0 leaves the file out.
pub(crate) fn package(answer: &str, modes: &[(&str, u32)]) -> Vec<u8> {
    let host = json!({
        "version": "2.0",
        "extensions": {"http": {"routePrefix": ""}},
        "customHandler": {
            "description": {"defaultExecutablePath": "handler"},
            "enableProxyingHttpRequest": true,
        },
    });
    let level = if answer.contains(r#""open":true"#) { "anonymous" } else { "function" };
    let function = json!({"bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": level,
            "methods": ["get", "post"], "route": "{*path}"},
        {"type": "http", "direction": "out", "name": "res"},
    ]});
    let files = [
        ("host.json", 0o666, host.to_string()),
        ("predict/function.json", 0o666, function.to_string()),
        ("handler", 0o777, "\u{7f}ELF".to_owned()),
        ("answer.json", 0o666, answer.to_owned()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, text) in files {
        let other = modes.iter().find(|(one, _)| *one == name);
        let mode = other.map_or(mode, |(_, mode)| *mode);
        if mode != 0 {
            let options = SimpleFileOptions::default().unix_permissions(mode);
            zip.start_file(name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// Answers `POST /predict` with what the package says; an answer that is a text is an error.
fn stand_in(served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    let mut zip = ZipArchive::new(Cursor::new(served.artifact)).map_err(|e| e.to_string())?;
    let mut text = String::new();
    let mut file = zip.by_name("answer.json").map_err(|e| e.to_string())?;
    file.read_to_string(&mut text).map_err(|e| e.to_string())?;
    let answer: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    if served.method != "POST" || served.path != "/predict" {
        return Err(format!("404 {} {}", served.method, served.path));
    }
    if let Some(error) = answer.as_str() {
        return Err(error.to_owned());
    }
    if answer["environment"].is_array() {
        return Ok(json!(served.environment).to_string().into_bytes());
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["age"].is_number() {
        true => Ok(text.into_bytes()),
        false => Err("422 {}".to_owned()),
    }
}

/// The call at which things ended.
pub(crate) fn last_call(stage: &Stage) -> String {
    let calls = stage.cloud.calls();
    let answered = calls.iter().rposition(|call| call.status.is_some());
    let cut = calls.get(answered.map_or(0, |at| at + 1));
    cut.map_or("the end".to_owned(), ToString::to_string)
}

/// Nothing goes wrong any more.
pub(crate) fn calm(stage: &Stage) {
    stage.cloud.play(Script::default());
}

/// The id of something in the service's group.
pub(crate) fn id_in_group(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{rest}")
}
