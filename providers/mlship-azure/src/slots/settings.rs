//! App settings: which a version needs in a place, and how those that are there differ. Pure.

use std::collections::BTreeMap;

use crate::config::{Access, Kind, Package};
use crate::containers::PORT as CONTAINER_PORT;
pub(crate) use crate::containers::{KEY, STAMP};
use crate::functions::Settings;
use crate::names::MODELS as MODELS_CONTAINER;
use crate::sizes::Tier;

use super::bodies::Where;
use super::program::{Models, Program};

/// Where the runtime fetches models.
pub(crate) const MODELS: &str = "MLSHIP_MODEL_STORE";
/// The address of the package that the Functions host runs.
pub(crate) const PACKAGE: &str = "WEBSITE_RUN_FROM_PACKAGE";
/// The storage account that the Functions host keeps its own things in.
pub(crate) const STORAGE: &str = "AzureWebJobsStorage";
/// The file share of a place on an elastic plan. No two may have the same.
pub(crate) const SHARE: &str = "WEBSITE_CONTENTSHARE";
/// The account that the share is in.
pub(crate) const SHARE_STORAGE: &str = "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING";
/// What the Functions host calls itself in the storage account. Made of the first 32 letters of
/// the host's name unless it is set, and then two places may be taken for one, and fail.
/// Source: <https://learn.microsoft.com/azure/azure-functions/storage-considerations>, 2026-11-20.
pub(crate) const HOST_ID: &str = "AzureFunctionsWebHost__hostid";
/// Where the host and what it runs send what they write.
pub(crate) const INSIGHTS: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

const EXTENSION: &str = "FUNCTIONS_EXTENSION_VERSION";
const WORKER: &str = "FUNCTIONS_WORKER_RUNTIME";
const PORT: &str = "WEBSITES_PORT";
const HOME: &str = "WEBSITES_ENABLE_APP_SERVICE_STORAGE";
const START: &str = "WEBSITES_CONTAINER_START_TIME_LIMIT";

/// Every setting that mlship sets. All others are other people's.
pub(crate) const OURS: [&str; 14] = [
    STAMP,
    KEY,
    MODELS,
    PACKAGE,
    STORAGE,
    SHARE,
    SHARE_STORAGE,
    HOST_ID,
    INSIGHTS,
    EXTENSION,
    WORKER,
    PORT,
    HOME,
    START,
];

/// How long a container may take to start, in seconds: a model may have to be fetched first.
/// Azure's own is 230 and the most is 1800.
/// Source: <https://learn.microsoft.com/azure/app-service/reference-app-settings>, 2026-11-20.
const START_S: &str = "900";

/// What a setting must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Must {
    /// Just this.
    Be(String),
    /// Something that has this in it; the whole of it is secret.
    Hold(String),
    /// Not there.
    Lack,
}

/// Which settings must be what, by name.
pub(crate) type Musts = BTreeMap<&'static str, Must>;

/// What the settings must be in a place that runs this.
pub(crate) fn musts(program: &Program, at: Where) -> Musts {
    let Program { names, stamp, .. } = program;
    let mut musts = match names.kind {
        Kind::WebApp => web(names.access),
        _ => functions(program, at),
    };
    musts.insert(STAMP, Must::Hold(format!("id={} ", stamp.id)));
    match names.package {
        Package::Zip => {
            musts.insert(PACKAGE, Must::Hold(names.package_name(stamp)));
        }
        Package::Image => {
            musts.insert(HOME, be("false"));
            musts.insert(START, be(START_S));
            musts.insert(PACKAGE, Must::Lack);
        }
    }
    if program.models == Models::Fetched {
        musts.insert(MODELS, Must::Hold(MODELS_CONTAINER.to_owned()));
    }
    musts
}

fn web(access: Access) -> Musts {
    let key = match access {
        Access::Key => Must::Hold(String::new()),
        Access::Public => Must::Lack,
    };
    BTreeMap::from([(PORT, Must::Be(CONTAINER_PORT.to_string())), (KEY, key)])
}

fn functions(program: &Program, at: Where) -> Musts {
    let account = || Must::Hold("AccountKey=".to_owned());
    let mut musts = BTreeMap::from([
        (EXTENSION, be("~4")),
        (WORKER, be("custom")),
        (HOST_ID, Must::Be(program.names.own_name(at))),
        (STORAGE, account()),
        (INSIGHTS, Must::Hold("InstrumentationKey=".to_owned())),
    ]);
    if program.tier == Tier::ElasticPremium {
        musts.insert(SHARE, Must::Be(program.names.own_name(at)));
        musts.insert(SHARE_STORAGE, account());
    }
    musts
}

fn be(text: &str) -> Must {
    Must::Be(text.to_owned())
}

/// Names of our settings that stay with a place when places are swapped.
pub(crate) fn staying(kind: Kind, tier: Tier) -> &'static [&'static str] {
    match (kind, tier) {
        (Kind::WebApp, _) => &[],
        (_, Tier::ElasticPremium) => &[HOST_ID, SHARE],
        _ => &[HOST_ID],
    }
}

/// Names of the settings that are not as they must be.
pub(crate) fn wrong(found: &Settings, musts: &Musts) -> Vec<&'static str> {
    let is_right = |name: &str, must: &Must| match (must, found.get(name)) {
        (Must::Be(wanted), Some(found)) => wanted == found,
        (Must::Hold(part), Some(found)) => !found.is_empty() && found.contains(part.as_str()),
        (Must::Lack, None) => true,
        _ => false,
    };
    musts.iter().filter(|(name, must)| !is_right(name, must)).map(|(name, _)| *name).collect()
}

/// Those whose value is no secret, as they must be.
pub(crate) fn plain(musts: &Musts) -> Settings {
    let plain = |(name, must): (&&'static str, &Must)| match must {
        Must::Be(value) => Some((*name, value.clone())),
        Must::Hold(_) | Must::Lack => None,
    };
    musts.iter().filter_map(plain).collect()
}

/// What is written: `ours` over `base`, without what must not be there.
pub(crate) fn merged(base: &Settings, ours: Settings, musts: &Musts) -> Settings {
    let mut all = base.0.clone();
    all.extend(ours.0);
    all.retain(|name, _| musts.get(name.as_str()) != Some(&Must::Lack));
    Settings(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_the_users_own_settings_stay() {
        let musts = BTreeMap::from([
            (PORT, be("8080")),
            (PACKAGE, Must::Hold("/abc.zip".into())),
            (KEY, Must::Lack),
        ]);
        let found: Settings =
            [("MINE", "1"), (PORT, "80"), (PACKAGE, "https://x/abc.zip?sig=1"), (KEY, "old")]
                .into_iter()
                .collect();
        assert_eq!(wrong(&found, &musts), [KEY, PORT]);
        let written = merged(&found, plain(&musts), &musts);
        assert_eq!(wrong(&written, &musts), Vec::<&str>::new());
        assert_eq!(written.get("MINE"), Some("1"));
    }
}
