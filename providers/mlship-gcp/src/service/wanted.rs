//! What a service should be, out of a release and the manifest. Pure.

use std::time::SystemTime;

use mlship_core::artifact::Format;
use mlship_core::plan::{Difference, Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_registry::hex;
use sha2::{Digest as _, Sha256};

use super::function;
use super::models::Models;
use super::template::{self, Shape};
use super::traffic::{LONGEST_NAME, NAME_PAGE};
use crate::base::base;
use crate::config::{Config, Kind};
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;
use crate::stamp::Stamp;

/// What should be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) place: Place,
    pub(crate) config: Config,
    /// What the program is run with.
    pub(crate) shape: Shape,
    pub(crate) models: Models,
    /// What a function runs on, as Google calls it.
    pub(crate) runtime: String,
    /// What source runs on, without its registry.
    pub(crate) base: String,
    pub(crate) stamp: Stamp,
    pub(crate) share: Share,
}

impl Wanted {
    pub(crate) fn of(release: &Release, cloud: &Cloud) -> Result<Self, ProviderError> {
        let config = cloud.config.clone();
        refuse_other_format(release, config.kind)?;
        let place = Place::of(&config, &release.project.name.value);
        refuse_long_name(&place.service)?;
        let models = Models::of(&release.fetched, &place);
        let shape = template::shape(&config, &release.project.resources, &models);
        let runtime = function::runtime(release);
        let base = base(&release.project);
        let stamp = stamp(release, &config, &shape, &models);
        Ok(Self { place, config, shape, models, runtime, base, stamp, share: release.share })
    }

    /// The same error, with the key of the manifest that names what it speaks of.
    pub(crate) fn placed(&self, mut error: ProviderError) -> ProviderError {
        for (key, secret) in &self.shape.secrets {
            let name = secret.name.rsplit('/').next().unwrap_or_default();
            if error.reason.contains(&format!("/secrets/{name}/")) {
                let hint = format!("the manifest names it in `targets.gcp.secrets.{key}`");
                error = error.with_hint(hint);
            }
        }
        error
    }

    /// The id of the version.
    pub(crate) fn version(&self) -> &str {
        &self.stamp.id
    }
}

/// The same again for the same package and settings.
fn stamp(release: &Release, config: &Config, shape: &Shape, models: &Models) -> Stamp {
    let settings: Vec<String> =
        shape.words().into_iter().map(|(key, value)| format!("{key} {value}")).collect();
    let text = [
        config.kind.as_str().to_owned(),
        release.artifact.sha256.to_ascii_lowercase(),
        models.words(),
        settings.join("\n"),
        match config.kind {
            Kind::FunctionsV2 => function::words(config, &function::runtime(release)),
            Kind::CloudRunSource | Kind::CloudRunImage => String::new(),
        },
    ];
    let digest = hex(&Sha256::digest(text.join("\n").as_bytes()));
    let id: String = digest.chars().take(10).collect();
    Stamp { id: format!("v{id}"), ..Stamp::of(release, SystemTime::now()) }
}

/// Refuses a release that is packed for another kind.
fn refuse_other_format(release: &Release, kind: Kind) -> Result<(), ProviderError> {
    let (takes, word) = match kind {
        Kind::CloudRunSource => (Format::Tar, "an archive (.tar.gz)"),
        Kind::CloudRunImage => (Format::Image, "an image"),
        Kind::FunctionsV2 => (Format::Zip, "a zip"),
    };
    if release.artifact.format == takes {
        return Ok(());
    }
    let reason = format!("kind `{}` runs {word}, and this is something else", kind.as_str());
    let error = failed(ErrorKind::Refused, "deploy", &release.project.name.value, reason);
    Err(error.with_hint("run `mlship package --provider gcp` again"))
}

/// Refuses a name that the address of a version by itself cannot be made of.
fn refuse_long_name(name: &str) -> Result<(), ProviderError> {
    if name.len() <= LONGEST_NAME {
        return Ok(());
    }
    let reason = format!(
        "its name has {} characters, and with Cloud Run's addresses for single versions \
         {LONGEST_NAME} are the most",
        name.len()
    );
    let error = failed(ErrorKind::Refused, "deploy", name, reason);
    Err(error
        .with_hint("write a shorter `name: …` at the top of the manifest")
        .with_hint(format!("the number is from {NAME_PAGE}")))
}

/// A step without differences.
pub(crate) fn step(verb: Verb, resource: &str, name: impl Into<String>) -> Step {
    Step { verb, resource: resource.to_owned(), name: name.into(), differences: Vec::new() }
}

/// A setting that is to be another; `None` when it is as it should be.
pub(crate) fn differ(field: &str, from: Option<&str>, to: Option<&str>) -> Option<Difference> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (from != to).then(|| Difference { field: field.to_owned(), from: owned(from), to: owned(to) })
}
