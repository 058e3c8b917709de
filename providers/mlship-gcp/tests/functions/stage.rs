//! What the tests stand on: the stand-in, releases for it, and ways to cut a deploy short.

use std::io::{Cursor, Read, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use mlship_core::artifact::Format;
use mlship_core::deployment::{Deployment, Request};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{Provider, ProviderError};
use mlship_core::release::Release;
use mlship_gcp::{Access, Adopt, Config, Gcp, Identity, Kind, Options, Pace};
use mlship_registry::http::client;
use mlship_testkit::gcp::{
    CALLER, Call, Cloud, Cut, Effect, NEVER_LISTENS, PROJECT, REGION, START, Script, Served, TOKEN,
};
use mlship_testkit::{image, release};
use serde_json::{Value, json};
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

pub(crate) const NAME: &str = release::NAME;
pub(crate) const FUNCTION: Kind = Kind::FunctionsV2;
pub(crate) const SOURCE: Kind = Kind::CloudRunSource;
pub(crate) const IMAGE: Kind = Kind::CloudRunImage;

/// The stand-in, and a folder for artifacts. It ends with a look whether all that was asked is known
/// to Google, and means what it says.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
}

pub(crate) fn config(kind: Kind) -> Config {
    Config {
        kind,
        project: PROJECT.into(),
        region: REGION.into(),
        caller: Some(CALLER.into()),
        ..Config::default()
    }
}

pub(crate) fn public(kind: Kind) -> Config {
    Config { access: Access::Public, ..config(kind) }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { cloud: Cloud::start(stand_in), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn connect(&self, kind: Kind) -> Gcp {
        self.connect_with(config(kind)).await
    }

    pub(crate) async fn connect_with(&self, config: Config) -> Gcp {
        self.try_connect(config, Adopt::Refuse).await.unwrap()
    }

    pub(crate) async fn adopting(&self, kind: Kind) -> Gcp {
        self.try_connect(config(kind), Adopt::Take).await.unwrap()
    }

    async fn try_connect(&self, config: Config, adopt: Adopt) -> Result<Gcp, ProviderError> {
        let options = Options {
            endpoint: Some(self.cloud.url()),
            identity: Identity::Token { access: TOKEN.to_owned(), identity: None },
            pace: Pace::hurried(),
            adopt,
            ..Options::default()
        };
        Gcp::connect(config, options).await
    }

    /// A release that answers `answer`, and whose sample expects that.
    pub(crate) fn release(&self, kind: Kind, answer: &Value) -> Release {
        match kind {
            Kind::FunctionsV2 => release::of_zip(self.folder.path(), &zip(answer), answer),
            Kind::CloudRunImage => {
                let layer = image::layer("answer.json", answer.to_string().as_bytes());
                release::of_image(self.folder.path(), &layer, "/answer.json", answer)
            }
            Kind::CloudRunSource => {
                let mut release = release::of_zip(self.folder.path(), &archive(answer), answer);
                release.artifact.format = Format::Tar;
                release
            }
        }
    }

    /// A release of these bytes as its zip.
    pub(crate) fn release_of(&self, zip: &[u8], answer: &Value) -> Release {
        release::of_zip(self.folder.path(), zip, answer)
    }

    pub(crate) fn releases(&self, kind: Kind) -> [Release; 2] {
        ["clear", "heart-disease"].map(|text| self.release(kind, &json!({"is": text})))
    }

    /// `release`, with a file of these bytes to be fetched at start.
    pub(crate) fn fetching(&self, release: Release, file: &[u8]) -> Release {
        release::fetching(self.folder.path(), release, file)
    }

    /// The calls that changed something.
    pub(crate) fn written(&self) -> Vec<Call> {
        let mut calls = self.cloud.calls();
        calls.retain(|call| call.effect() == Effect::Write);
        calls
    }

    /// Nothing was asked that Google does not know, or passes over.
    fn no_complaints(&self) {
        let [complaints, remarks] = [self.cloud.complaints(), self.cloud.remarks()];
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        assert!(remarks.is_empty(), "{}", remarks.join("\n"));
    }

    /// An empty project again.
    pub(crate) fn reset(&self) {
        self.no_complaints();
        self.cloud.reset();
    }

    /// Deploys, and is killed as soon as the cut is met; true when the deploy was done before.
    pub(crate) async fn cut(&self, kind: Kind, release: &Release, cut: Cut) -> bool {
        let run = async {
            let gcp = self.try_connect(config(kind), Adopt::Refuse).await?;
            deploy(&gcp, release).await.map(drop)
        };
        self.until_cut(cut, run).await
    }

    /// Does something until the cut is met; true when it was done before.
    pub(crate) async fn until_cut(
        &self,
        cut: Cut,
        run: impl Future<Output = Result<(), ProviderError>>,
    ) -> bool {
        let before = self.cloud.dropped();
        self.cloud.play(Script { cut: Some(cut), ..Script::default() });
        let met = async {
            while self.cloud.dropped() == before {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            biased;
            () = met => false,
            done = run => {
                if let Err(error) = &done {
                    assert!(self.cloud.dropped() > before, "{cut:?}: {error}: {error:?}");
                }
                done.is_ok()
            }
        }
    }

    /// Deploys without trouble, and says how much was left to do.
    pub(crate) async fn again(&self, kind: Kind, release: &Release) -> String {
        self.calm();
        let before = self.cloud.writes();
        let gcp = self.connect(kind).await;
        let made = deploy(&gcp, release).await.unwrap();
        assert_eq!(gcp.plan(release).await.unwrap(), Plan::default(), "all is done");
        let live = made.versions.iter().find(|version| Some(&version.id) == made.live.as_ref());
        let digest = live.and_then(|version| version.content_sha256.clone());
        assert_eq!(digest.as_ref(), Some(&release.artifact.content_sha256), "the right version");
        assert_eq!(made.state, "ready");
        format!("finished with {} more writes", self.cloud.writes() - before)
    }

    /// Removes the service, and checks that nothing is left.
    pub(crate) async fn clean(&self, kind: Kind) {
        self.calm();
        self.connect(kind).await.remove(NAME, &Silent).await.unwrap();
        assert_eq!(self.cloud.contents(), Vec::<String>::new(), "nothing is left");
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        self.cloud.play(Script::default());
    }

    /// The call at which things ended.
    pub(crate) fn last_call(&self) -> String {
        self.cloud.dropped_at().map_or("the end".to_owned(), |call| call.to_string())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A test that fails has said why.
        if !std::thread::panicking() {
            self.no_complaints();
        }
    }
}

/// Plans and applies.
pub(crate) async fn deploy(gcp: &Gcp, release: &Release) -> Result<Deployment, ProviderError> {
    let plan = gcp.plan(release).await?;
    gcp.apply(release, &plan, &Silent).await
}

/// What a service answers to a good request.
pub(crate) async fn answer(gcp: &Gcp) -> Value {
    let answer = gcp.invoke(NAME, Request::json(br#"{"age": 63}"#)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

/// An error with all that it says to do.
pub(crate) fn words(error: &ProviderError) -> String {
    format!("{error}; {}", error.hints.join("; "))
}

/// The full name of something in the project and region: `services/heart-disease`.
pub(crate) fn named(rest: &str) -> String {
    format!("projects/{PROJECT}/locations/{REGION}/{rest}")
}

/// A function's zip: what the vendor's frame wants, and the answer.
fn zip(answer: &Value) -> Vec<u8> {
    let files = [
        ("main.py", "def predict(request): ...\n".to_owned()),
        ("requirements.txt", "functions-framework\n".to_owned()),
        ("answer.json", answer.to_string()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o644);
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive with a program to start, and the answer.
fn archive(answer: &Value) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let answer = answer.to_string();
    for (name, mode, text) in [("bootstrap", 0o755, "\u{7f}ELF"), ("answer.json", 0o644, &answer)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(mode);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The answer in an artifact, which is a zip or an archive.
fn text(artifact: &[u8]) -> Option<String> {
    let mut text = String::new();
    if let Ok(mut zip) = ZipArchive::new(Cursor::new(artifact)) {
        zip.by_name("answer.json").ok()?.read_to_string(&mut text).ok()?;
        return Some(text);
    }
    if let Some(text) = image::text(artifact) {
        return String::from_utf8(text.to_vec()).ok();
    }
    let mut tar = tar::Archive::new(GzDecoder::new(artifact));
    let mut entries = tar.entries().ok()?.flatten();
    let mut file =
        entries.find(|one| one.path().is_ok_and(|path| path.ends_with("answer.json")))?;
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Answers `POST /predict` with what the artifact says; an answer that is a text is an error, and
/// one with `environment` is what it runs with. What is no artifact of ours is the user's own.
fn stand_in(served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    let text = text(served.artifact).unwrap_or_else(|| json!({"is": "theirs"}).to_string());
    let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if served.method == START {
        return match answer == json!(NEVER_LISTENS) {
            true => Err(NEVER_LISTENS.to_owned()),
            false => Ok(Vec::new()),
        };
    }
    if served.method != "POST" || served.path != "/predict" {
        return Ok(b"{}".to_vec());
    }
    if let Some(error) = answer.as_str() {
        return Err(error.to_owned());
    }
    if answer["environment"] == true {
        return Ok(json!(served.environment).to_string().into_bytes());
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["age"].is_number() {
        true => Ok(text.into_bytes()),
        false => Err("422 {}".to_owned()),
    }
}

/// What somebody else asks of an API, and is answered.
pub(crate) async fn ask(stage: &Stage, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}/{path}", stage.cloud.url());
    let mut request = client().unwrap().request(method.parse().unwrap(), url).bearer_auth(TOKEN);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{method} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// Waits for a long operation.
pub(crate) async fn done(stage: &Stage, version: &str, mut operation: Value) {
    while operation["done"] != true {
        let name = operation["name"].as_str().unwrap().to_owned();
        operation = ask(stage, "GET", &format!("{version}/{name}"), &Value::Null).await;
    }
    assert!(operation["error"].is_null(), "{operation}");
}

/// A function that somebody else made.
pub(crate) async fn make_function(stage: &Stage) {
    let parent = named("functions");
    let place = ask(stage, "POST", &format!("v2/{parent}:generateUploadUrl"), &json!({})).await;
    let url = place["uploadUrl"].as_str().unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let sent = client()
        .unwrap()
        .put(format!("{}/{path}", stage.cloud.url()))
        .header("host", host)
        .header("content-type", "application/zip")
        .body(zip(&json!({"is": "theirs"})));
    assert!(sent.send().await.unwrap().status().is_success());
    let function = json!({
        "labels": {"team": "a"},
        "buildConfig": {"runtime": "python312", "entryPoint": "predict",
            "source": {"storageSource": place["storageSource"]}},
        "serviceConfig": {"allTrafficOnLatestRevision": true},
    });
    let path = format!("v2/{parent}?functionId={NAME}");
    done(stage, "v2", ask(stage, "POST", &path, &function).await).await;
}

/// A Cloud Run service that somebody else made.
pub(crate) async fn make_service(stage: &Stage) {
    let bucket = format!("storage/v1/b?project={PROJECT}");
    ask(stage, "POST", &bucket, &json!({"name": "theirs", "location": REGION})).await;
    let path = format!("{}/upload/storage/v1/b/theirs/o", stage.cloud.url());
    let sent = client()
        .unwrap()
        .post(format!("{path}?uploadType=media&name=source.tar.gz"))
        .bearer_auth(TOKEN)
        .header("content-type", "application/gzip")
        .body(archive(&json!({"is": "theirs"})));
    assert!(sent.send().await.unwrap().status().is_success());
    let base = format!("{REGION}-docker.pkg.dev/serverless-runtimes/google-24/runtimes/osonly24");
    let source = json!({"cloudStorageSource": {"bucket": "theirs", "object": "source.tar.gz"}});
    let service = json!({
        "labels": {"team": "a"},
        "launchStage": "BETA",
        "template": {"containers": [{"image": "scratch", "baseImageUri": base,
            "command": ["./bootstrap"], "sourceCode": source}]},
    });
    let path = format!("v2/{}?serviceId={NAME}", named("services"));
    done(stage, "v2", ask(stage, "POST", &path, &service).await).await;
}
