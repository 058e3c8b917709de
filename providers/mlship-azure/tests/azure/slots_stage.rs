//! Releases as zips and images, for kinds with slots.

use std::io::{Cursor, Read as _};

use mlship_azure::{Azure, Config, Identity, Kind, Options, Pace, Package};
use mlship_core::provider::ProviderError;
use mlship_core::release::Release;
use mlship_testkit::azure::{Cloud, SUBSCRIPTION, Script, Served, TOKEN};
use mlship_testkit::release;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::stage::{config, package};

/// The program of a function app, in an image.
const HANDLER: &str = "/home/site/wwwroot/handler";

/// What is deployed, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) kind: Kind,
    pub(crate) package: Package,
}

pub(crate) const PREMIUM_ZIP: Form = Form { kind: Kind::FunctionsPremium, package: Package::Zip };
pub(crate) const PREMIUM_IMAGE: Form =
    Form { kind: Kind::FunctionsPremium, package: Package::Image };
pub(crate) const DEDICATED_ZIP: Form =
    Form { kind: Kind::FunctionsDedicated, package: Package::Zip };
pub(crate) const DEDICATED_IMAGE: Form =
    Form { kind: Kind::FunctionsDedicated, package: Package::Image };
pub(crate) const WEB_APP: Form = Form { kind: Kind::WebApp, package: Package::Image };

/// The stand-in, and a folder for artifacts, for one form.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    pub(crate) form: Form,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new(form: Form) -> Self {
        Self { cloud: Cloud::start(stand_in), form, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn config(&self) -> Config {
        Config { package: self.form.package, ..config(self.form.kind) }
    }

    pub(crate) async fn connect(&self) -> Result<Azure, ProviderError> {
        self.connect_with(self.config()).await
    }

    pub(crate) async fn connect_with(&self, config: Config) -> Result<Azure, ProviderError> {
        let options = Options {
            endpoint: Some(self.cloud.url()),
            subscription: Some(SUBSCRIPTION.to_owned()),
            identity: Identity::Token(TOKEN.to_owned()),
            pace: Pace::hurried(),
            ..Options::default()
        };
        Azure::connect(config, options).await
    }

    /// A release that answers `answer`, and whose sample expects that.
    pub(crate) fn release(&self, answer: &Value) -> Release {
        let zip = package(&answer.to_string(), &[]);
        let folder = self.folder.path();
        let mut release = match self.form.package {
            Package::Zip => release::of_zip(folder, &zip, answer),
            Package::Image => release::of_image(folder, &layer(&zip), HANDLER, answer),
        };
        release.artifact.content_sha256 = release::sha256(answer.to_string().as_bytes());
        release
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        self.cloud.play(Script::default());
    }

    /// Ids of everything that exists and has this in it.
    pub(crate) fn ids(&self, part: &str) -> Vec<String> {
        self.cloud.contents().into_iter().filter(|id| id.contains(part)).collect()
    }

    /// The id of the app.
    pub(crate) fn site(&self) -> String {
        let sites = self.ids("/Microsoft.Web/sites/");
        sites.into_iter().find(|id| !id.contains("/slots/")).unwrap()
    }

    /// The app settings of a place, as they are read with the vendor's own call.
    pub(crate) async fn settings(&self, place: &str) -> Value {
        let url = format!("{}{place}/config/appsettings/list", self.cloud.url());
        let request = reqwest::Client::new().post(signed(&url)).bearer_auth(TOKEN);
        let request = request.header("content-length", "0");
        let text = request.send().await.unwrap().bytes().await.unwrap();
        let found: Value = serde_json::from_slice(&text).unwrap();
        found["properties"].clone()
    }

    /// Sets one more app setting, as somebody else would.
    pub(crate) async fn set(&self, place: &str, name: &str, value: &str) {
        let mut settings = self.settings(place).await;
        settings[name] = json!(value);
        let url = format!("{}{place}/config/appsettings", self.cloud.url());
        let body = json!({"properties": settings});
        let request = reqwest::Client::new().put(signed(&url)).bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }
}

fn signed(url: &str) -> String {
    format!("{url}?api-version=2025-05-01")
}

/// A layer with what is in the zip, where a functions host looks for it.
fn layer(zip: &[u8]) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut text = Vec::new();
        file.read_to_end(&mut text).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(file.unix_mode().unwrap() & 0o777);
        let path = format!("home/site/wwwroot/{}", file.name().unwrap());
        tar.append_data(&mut header, path, text.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Answers `POST /predict` with the `answer.json` of a zip or an image.
fn stand_in(served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    if served.path == "/readyz" {
        return Ok(b"{}".to_vec());
    }
    if served.method != "POST" || served.path != "/predict" {
        return Err(format!("404 {} {}", served.method, served.path));
    }
    let answer = file(served.artifact).ok_or("there is no answer.json")?;
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["age"].is_number() {
        true => Ok(answer),
        false => Err("422 {}".to_owned()),
    }
}

fn file(artifact: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    if artifact.starts_with(b"PK") {
        let mut zip = ZipArchive::new(Cursor::new(artifact)).ok()?;
        zip.by_name("answer.json").ok()?.read_to_end(&mut text).ok()?;
        return Some(text);
    }
    let mut tar = tar::Archive::new(artifact);
    for entry in tar.entries().ok()? {
        let mut entry = entry.ok()?;
        if entry.path().ok()?.ends_with("answer.json") {
            entry.read_to_end(&mut text).ok()?;
            return Some(text);
        }
    }
    None
}
