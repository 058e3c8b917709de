//! What every test stands on: moto, the proxy, and releases to deploy.

use mlship_aws::config::Kind;
use mlship_aws::{Aws, Config, Keys, Options, Pace};
use mlship_core::deployment::Deployment;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{Provider, ProviderError};
use mlship_core::release::Release;
use mlship_testkit::aws::moto::Moto;
use mlship_testkit::aws::proxy::Proxy;
use mlship_testkit::{image, release};
use serde_json::{Value, json};

pub(crate) use mlship_testkit::release::NAME;

pub(crate) const REGION: &str = "eu-central-1";

/// Moto with the proxy in front of it, and a folder for artifacts.
pub(crate) struct Stage {
    pub(crate) moto: Moto,
    pub(crate) proxy: Proxy,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Functions are stand-ins: the "zip" is a JSON text, and it is what they answer.
    pub(crate) fn new() -> Self {
        Self::running(stand_in)
    }

    pub(crate) fn running(
        answer: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        let moto = Moto::start();
        let proxy = Proxy::start(moto.address(), answer);
        Self { moto, proxy, folder: tempfile::tempdir().unwrap() }
    }

    /// Starts over with an empty account.
    pub(crate) fn clear(&self) {
        self.moto.reset();
        self.proxy.reset();
    }

    pub(crate) async fn connect(&self) -> Result<Aws, ProviderError> {
        self.connect_with(config()).await
    }

    pub(crate) async fn connect_with(&self, config: Config) -> Result<Aws, ProviderError> {
        Aws::connect(config, options(self.proxy.url())).await
    }

    /// A release whose stand-in answers `answer`, and whose sample expects that.
    pub(crate) fn release(&self, answer: &Value) -> Release {
        self.release_of(answer.to_string().as_bytes(), answer)
    }

    /// The same as an image.
    pub(crate) fn image_release(&self, answer: &Value) -> Release {
        let layer = image::layer("answer.json", answer.to_string().as_bytes());
        self.release_of_image(&layer, answer)
    }

    /// A release of an image with this layer.
    pub(crate) fn release_of_image(&self, layer: &[u8], answer: &Value) -> Release {
        release::of_image(self.folder.path(), layer, "/bootstrap", answer)
    }

    /// A release of these bytes as its zip.
    pub(crate) fn release_of(&self, zip: &[u8], answer: &Value) -> Release {
        release::of_zip(self.folder.path(), zip, answer)
    }
}

/// `release`, with a file of these bytes to be fetched at start.
pub(crate) fn fetching(stage: &Stage, release: Release, file: &[u8]) -> Release {
    release::fetching(stage.folder.path(), release, file)
}

/// The key of a release's only fetched file.
pub(crate) fn model_key(release: &Release) -> String {
    format!("mlship/{NAME}/models/{}", release.fetched[0].sha256)
}

/// Plans and applies.
pub(crate) async fn deploy(aws: &Aws, release: &Release) -> Result<Deployment, ProviderError> {
    let plan: Plan = aws.plan(release).await?;
    aws.apply(release, &plan, &Silent).await
}

pub(crate) fn config() -> Config {
    Config { region: Some(REGION.into()), ..Config::default() }
}

/// The same for functions of images.
pub(crate) fn image_config() -> Config {
    Config { kind: Kind::LambdaImage, ..config() }
}

pub(crate) fn options(endpoint_url: String) -> Options {
    let keys = Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret: "secret".into() };
    let registry = endpoint_url.strip_prefix("http://").map(str::to_owned);
    let (endpoint_url, keys, pace) = (Some(endpoint_url), Some(keys), Pace::hurried());
    Options { endpoint_url, registry, keys, pace, ..Options::default() }
}

/// Answers a function URL's `POST /predict` with what the "zip" says.
fn stand_in(zip: &[u8], event: &[u8]) -> Result<Vec<u8>, String> {
    let event: Value = serde_json::from_slice(event).map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(image::text(zip).unwrap_or(zip))
        .map_err(|error| error.to_string())?;
    let http = &event["requestContext"]["http"];
    if event["version"] != "2.0" || http["method"] != "POST" || event["rawPath"] != "/predict" {
        return Err(format!("not a prediction: {event}"));
    }
    let body: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let status = if body["age"].is_number() { 200 } else { 422 };
    Ok(json!({"statusCode": status, "body": answer.to_string()}).to_string().into_bytes())
}
