//! What the tests of images stand on: the stand-in, and releases that are images.

use std::time::Duration;

use mlship_azure::{Azure, Config, Identity, Kind, Options, Pace};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_testkit::azure::{Call, Cloud, Cut, Effect, SUBSCRIPTION, Script, Served, TOKEN};
use mlship_testkit::{image, release};
use serde_json::{Value, json};

use crate::stage::{NAME, config, deploy};

/// The stand-in, and a folder for images.
pub(crate) struct Boxes {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Boxes {
    /// Images answer with the text of their one file.
    pub(crate) fn new() -> Self {
        Self { cloud: Cloud::start(stand_in), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn connect(&self, kind: Kind) -> Azure {
        self.connect_with(config(kind)).await
    }

    pub(crate) async fn connect_with(&self, config: Config) -> Azure {
        self.try_connect(config).await.unwrap()
    }

    async fn try_connect(
        &self,
        config: Config,
    ) -> Result<Azure, mlship_core::provider::ProviderError> {
        let options = Options {
            endpoint: Some(self.cloud.url()),
            subscription: Some(SUBSCRIPTION.to_owned()),
            identity: Identity::Token(TOKEN.to_owned()),
            pace: Pace::hurried(),
            ..Options::default()
        };
        Azure::connect(config, options).await
    }

    /// An image that answers `answer`, and whose sample expects that.
    pub(crate) fn release(&self, answer: &Value) -> Release {
        let layer = image::layer("answer.json", answer.to_string().as_bytes());
        release::of_image(self.folder.path(), &layer, "/bootstrap", answer)
    }

    pub(crate) fn releases(&self) -> [Release; 2] {
        ["clear", "heart-disease"].map(|text| self.release(&json!({"is": text})))
    }

    /// `release`, with a file of these bytes to be fetched at start.
    pub(crate) fn fetching(&self, release: Release, file: &[u8]) -> Release {
        release::fetching(self.folder.path(), release, file)
    }

    /// Calls that changed something, as `PUT /path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = |call: &&Call| call.effect() == Effect::Write;
        let calls = self.cloud.calls();
        calls.iter().filter(writes).map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    /// Deploys, and is killed as soon as the cut is met; true when the deploy was done before.
    pub(crate) async fn cut(&self, kind: Kind, release: &Release, cut: Cut) -> bool {
        let before = self.cloud.dropped();
        self.cloud.play(Script { cut: Some(cut), ..Script::default() });
        let run = async {
            let azure = self.try_connect(config(kind)).await?;
            deploy(&azure, release).await
        };
        let met = async {
            while self.cloud.dropped() == before {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            biased;
            () = met => false,
            made = run => {
                if let Err(error) = &made {
                    assert!(self.cloud.dropped() > before, "{cut:?}: {error}: {error:?}");
                }
                made.is_ok()
            }
        }
    }

    /// Deploys without trouble, and says how much was left to do.
    pub(crate) async fn again(&self, kind: Kind, release: &Release) -> String {
        self.calm();
        let before = self.cloud.writes();
        let azure = self.connect(kind).await;
        let made = deploy(&azure, release).await.unwrap();
        assert_eq!(azure.plan(release).await.unwrap(), Plan::default(), "all is done");
        let live = made.versions.iter().find(|version| Some(&version.id) == made.live.as_ref());
        let digest = live.and_then(|version| version.content_sha256.clone());
        assert_eq!(digest.as_ref(), Some(&release.artifact.content_sha256), "the right version");
        assert_eq!(made.state, "ready");
        format!("finished with {} more writes", self.cloud.writes() - before)
    }

    /// Cuts a first deploy at every call, twice: once it is removed as it is, once it is finished.
    /// How many calls there are.
    pub(crate) async fn cut_everywhere(&self, kind: Kind, release: &Release) -> usize {
        let mut at = 0;
        while !self.cut(kind, release, Cut::After(at)).await {
            let call = self.last_call();
            self.clean(kind).await;
            self.cut(kind, release, Cut::After(at)).await;
            println!("{at}: cut at {call}: {}", self.again(kind, release).await);
            self.clean(kind).await;
            at += 1;
        }
        self.clean(kind).await;
        at
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
        let calls = self.cloud.calls();
        let cut = calls.iter().rev().take_while(|call| call.status.is_none()).last();
        cut.map_or("the end".to_owned(), ToString::to_string)
    }
}

/// Answers `POST /predict` with what the image says; an answer that is a text is an error, and one
/// with `environment` is what it runs with.
fn stand_in(served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    let text = image::text(served.artifact).ok_or("no layer")?;
    let answer: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if ["/healthz", "/readyz"].contains(&served.path) {
        return Ok(b"{}".to_vec());
    }
    if served.method != "POST" || served.path != "/predict" {
        return Err(format!("404 {} {}", served.method, served.path));
    }
    if let Some(error) = answer.as_str() {
        return Err(error.to_owned());
    }
    if answer["environment"] == true {
        return Ok(json!(served.environment).to_string().into_bytes());
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["age"].is_number() {
        true => Ok(text.to_vec()),
        false => Err("422 {}".to_owned()),
    }
}
