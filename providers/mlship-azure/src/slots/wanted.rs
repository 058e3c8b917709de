//! What a release is to become: its places, its size, the version, and the settings that it needs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use azure_core::time::{OffsetDateTime, to_rfc3339};
use mlship_core::artifact::{Fetched, Format};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use sha2::{Digest, Sha256};

use crate::arm::Id;
use crate::config::{Access, Config, Instances, Kind, Package};
use crate::error::{failed, with_hint};
use crate::names::{MODELS as MODELS_CONTAINER, Place, SLOT, hex};
use crate::sizes::{Size, Tier};
use crate::stamp::Stamp;

use super::bodies::{self, Where};
use super::settings::{self, Must};

/// How long a container may take to start: a model may have to be fetched first. Azure's own is
/// 230 s and the most is 1800 s.
/// Source: <https://learn.microsoft.com/azure/app-service/reference-app-settings>, 2026-11-20.
const START_S: &str = "900";

/// An app's names, which do not depend on a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) package: Package,
    pub(crate) access: Access,
    pub(crate) plan: Id,
    pub(crate) site: Id,
}

/// Everything that a deploy is to bring about.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) names: Names,
    pub(crate) size: Size,
    pub(crate) instances: Instances,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) stamp: Stamp,
    /// The artifact: a zip's file, or the folder of an image's layout.
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// What the image is built on, as the manifest names it.
    pub(crate) base: Option<String>,
    pub(crate) fetched: Vec<Fetched>,
}

impl Names {
    pub(crate) fn of(subscription: &str, config: &Config, service: &str) -> Self {
        let place = Place::of(subscription, config, service);
        let site = config.app.clone().unwrap_or_else(|| place.unique());
        Self {
            plan: place.group.resource("Microsoft.Web/serverfarms", &place.unique()),
            site: place.group.resource("Microsoft.Web/sites", &site),
            kind: config.kind,
            package: match config.kind {
                Kind::WebApp => Package::Image,
                _ => config.package,
            },
            access: config.access,
            place,
        }
    }

    /// The site or its slot.
    pub(crate) fn at(&self, at: Where) -> Id {
        match at {
            Where::Live => self.site.clone(),
            Where::Next => bodies::slot(&self.site),
        }
    }

    /// A name of at most 32 letters that no other place has, of this app or another.
    pub(crate) fn own_name(&self, at: Where) -> String {
        let place = match at {
            Where::Live => "live",
            Where::Next => SLOT,
        };
        format!("{}-{place}", self.place.unique_plain())
    }

    /// What the package of a version is called in the storage account.
    pub(crate) fn package_name(&self, stamp: &Stamp) -> String {
        format!("{}/{}.zip", self.place.service, stamp.package_sha256)
    }
}

impl Wanted {
    pub(crate) fn of(
        subscription: &str,
        config: &Config,
        release: &Release,
    ) -> Result<Self, ProviderError> {
        let service = &release.project.name.value;
        let names = Names::of(subscription, config, service);
        let refused = |reason: String| failed(ErrorKind::Refused, "deploy", service, reason);
        if release.share != Share::ALL {
            let reason = format!("kind `{}` cannot divide the traffic", config.kind.as_str());
            return Err(with_hint(refused(reason), PARTS));
        }
        let (is, must) = match names.package {
            Package::Zip => (release.artifact.format, Format::Zip),
            Package::Image => (release.artifact.format, Format::Image),
        };
        if is != must {
            let reason = format!("it is packed as a {is:?} and must be a {must:?}");
            return Err(refused(reason.to_lowercase()));
        }
        let size = bodies::size(config, release.project.resources.memory_mb.value)?;
        Ok(Self {
            size,
            instances: config.instances,
            tags: names.place.tags(config),
            stamp: stamp(release, &names),
            path: release.artifact.path.clone(),
            bytes: release.artifact.packed_bytes,
            base: release.project.image.base.as_ref().map(|base| base.value.clone()),
            fetched: release.fetched.clone(),
            names,
        })
    }

    /// What the app settings of a place must be.
    pub(crate) fn must(&self, at: Where) -> BTreeMap<&'static str, Must> {
        let Self { names, stamp, .. } = self;
        let mut must = must(names, self.size.tier, at);
        must.insert(settings::STAMP, Must::Hold(format!("id={} ", stamp.id)));
        if names.package == Package::Zip {
            must.insert(settings::PACKAGE, Must::Hold(names.package_name(stamp)));
        }
        if !self.fetched.is_empty() {
            must.insert(settings::MODELS, Must::Hold(MODELS_CONTAINER.into()));
        }
        must
    }
}

/// What is said to whoever wants to divide the traffic.
pub(crate) const PARTS: &str =
    "write `kind: container-apps`, where versions can share it, or move all of it";

/// What the app settings of a place must be, whatever the version.
pub(crate) fn must(names: &Names, tier: Tier, at: Where) -> BTreeMap<&'static str, Must> {
    let be = |text: &str| Must::Be(text.to_owned());
    let mut must = BTreeMap::new();
    if names.package == Package::Image {
        must.insert("WEBSITES_ENABLE_APP_SERVICE_STORAGE", be("false"));
        must.insert("WEBSITES_CONTAINER_START_TIME_LIMIT", be(START_S));
        must.insert(settings::PACKAGE, Must::Lack);
    }
    if names.kind == Kind::WebApp {
        must.insert("WEBSITES_PORT", be("8080"));
        let key = match names.access {
            Access::Key => Must::Hold(String::new()),
            Access::Public => Must::Lack,
        };
        must.insert(settings::KEY, key);
        return must;
    }
    must.insert("FUNCTIONS_EXTENSION_VERSION", be("~4"));
    must.insert("FUNCTIONS_WORKER_RUNTIME", be("custom"));
    must.insert(settings::HOST_ID, Must::Be(names.own_name(at)));
    must.insert(settings::STORAGE, Must::Hold("AccountKey=".into()));
    must.insert(settings::INSIGHTS, Must::Hold("InstrumentationKey=".into()));
    if tier == Tier::ElasticPremium {
        must.insert(settings::SHARE, Must::Be(names.own_name(at)));
        must.insert(settings::SHARE_STORAGE, Must::Hold("AccountKey=".into()));
    }
    must
}

/// The version that a release is. An image is more than its contents; who may call is in both.
fn stamp(release: &Release, names: &Names) -> Stamp {
    let artifact = &release.artifact;
    let of = match names.package {
        Package::Zip => &artifact.content_sha256,
        Package::Image => &artifact.sha256,
    };
    let text = format!("{} {of}", names.access.as_str()).to_ascii_lowercase();
    let digest = hex(&Sha256::digest(text.as_bytes()));
    let now = OffsetDateTime::now_utc();
    Stamp {
        id: format!("v{}", &digest[..10]),
        content_sha256: artifact.content_sha256.clone(),
        package_sha256: artifact.sha256.to_ascii_lowercase(),
        git_revision: release.git_revision.clone(),
        created: to_rfc3339(&now.replace_nanosecond(0).unwrap_or(now)),
    }
}
