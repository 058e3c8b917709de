//! What a place is to run: an app's names, and a version with the settings that it needs.

use mlship_core::release::Release;

use crate::arm::Id;
use crate::config::{Access, Config, Kind, Package};
use crate::names::{Place, SLOT};
use crate::sizes::Tier;
use crate::stamp::Stamp;

use super::bodies::{self, Where};

/// An app's names, which do not depend on a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) package: Package,
    pub(crate) access: Access,
    /// The App Service plan.
    pub(crate) plan: Id,
    pub(crate) site: Id,
}

/// A version, and where it is to run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) names: Names,
    pub(crate) tier: Tier,
    pub(crate) stamp: Stamp,
    /// The repository of its image, when it is one.
    pub(crate) repository: Option<String>,
    pub(crate) models: Models,
}

/// Whether a version fetches files when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Models {
    /// It does.
    Fetched,
    /// It does not, or nobody remembers.
    Unknown,
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

    /// A name of at most 32 letters and digits that no other place has, of this app or another.
    pub(crate) fn own_name(&self, at: Where) -> String {
        let place = match at {
            Where::Live => "live",
            Where::Next => SLOT,
        };
        format!("{}-{place}", self.place.unique_plain())
    }

    /// What the package of a version is called in the storage account.
    pub(crate) fn package_name(&self, stamp: &Stamp) -> String {
        format!("{}.zip", stamp.package_sha256)
    }
}

impl Program {
    /// How `linuxFxVersion` ends: empty for a package.
    pub(crate) fn fx_end(&self) -> String {
        let of = |repository: &String| format!("/{repository}:{}", self.stamp.id);
        self.repository.as_ref().map(of).unwrap_or_default()
    }
}

/// The version that a release is. An image is more than its contents.
pub(crate) fn stamp(release: &Release, names: &Names) -> Stamp {
    let stamp = Stamp::now(release, names.access);
    match names.package {
        Package::Zip => stamp,
        Package::Image => stamp.named(Stamp::id_of(&release.artifact.sha256)),
    }
}
