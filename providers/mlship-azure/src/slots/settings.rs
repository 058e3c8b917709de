//! App settings: which a version needs, how those that are there differ, and what is written.
//! Settings of other people's are kept. Pure.

use std::collections::BTreeMap;

/// App settings, by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// The stamp of the version that a site or slot runs; it goes with it when they are swapped.
pub(crate) const STAMP: &str = "MLSHIP_STAMP";
/// The key that the runtime asks for.
pub(crate) const KEY: &str = "MLSHIP_KEY";
/// Where the runtime fetches models.
pub(crate) const MODELS: &str = "MLSHIP_MODEL_STORE";
/// The address of the package that the Functions host runs.
pub(crate) const PACKAGE: &str = "WEBSITE_RUN_FROM_PACKAGE";
/// The storage account that the Functions host keeps its own things in.
pub(crate) const STORAGE: &str = "AzureWebJobsStorage";
/// The file share of a site or slot on an elastic plan. No two may have the same.
pub(crate) const SHARE: &str = "WEBSITE_CONTENTSHARE";
/// The account that the share is in.
pub(crate) const SHARE_STORAGE: &str = "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING";
/// What the Functions host calls itself in the storage account. Made of the first 32 letters of
/// the site's name unless it is set, and then a site and its slot may be taken for one.
/// Source: <https://learn.microsoft.com/azure/azure-functions/storage-considerations>, 2026-11-20.
pub(crate) const HOST_ID: &str = "AzureFunctionsWebHost__hostid";
/// Where the host and what it runs send what they write.
pub(crate) const INSIGHTS: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

/// Settings that stay with a site or slot when they are swapped.
pub(crate) const STICKY: [&str; 2] = [HOST_ID, SHARE];

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

/// Names of the settings that are not as they must be.
pub(crate) fn wrong<'m>(found: &Settings, must: &'m BTreeMap<&'static str, Must>) -> Vec<&'m str> {
    let is_right = |name: &str, must: &Must| match (must, found.get(name)) {
        (Must::Be(wanted), Some(found)) => wanted == found,
        (Must::Hold(part), Some(found)) => !found.is_empty() && found.contains(part.as_str()),
        (Must::Lack, None) => true,
        _ => false,
    };
    must.iter().filter(|(name, must)| !is_right(name, must)).map(|(name, _)| *name).collect()
}

/// What is written: `ours` over what was there, without what must not be there.
pub(crate) fn merged(
    found: &Settings,
    ours: Settings,
    must: &BTreeMap<&'static str, Must>,
) -> Settings {
    let mut all = found.clone();
    all.extend(ours);
    all.retain(|name, _| must.get(name.as_str()) != Some(&Must::Lack));
    all
}

/// Other people's settings, and not what stays with the place they are in.
pub(crate) fn travelling(found: &Settings) -> Settings {
    let stays = |name: &str| STICKY.contains(&name);
    found.iter().filter(|(name, _)| !stays(name)).map(|(a, b)| (a.clone(), b.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn what_is_wrong_is_named_and_the_users_own_settings_stay() {
        let must = BTreeMap::from([
            ("WEBSITES_PORT", Must::Be("8080".into())),
            (PACKAGE, Must::Hold("/abc.zip".into())),
            (KEY, Must::Lack),
        ]);
        let found = settings(&[
            ("MINE", "1"),
            ("WEBSITES_PORT", "80"),
            (PACKAGE, "https://x/abc.zip?sig=1"),
            (KEY, "old"),
        ]);
        assert_eq!(wrong(&found, &must), [KEY, "WEBSITES_PORT"]);
        let ours = settings(&[("WEBSITES_PORT", "8080"), (PACKAGE, "https://x/abc.zip?sig=1")]);
        let written = merged(&found, ours, &must);
        assert_eq!(wrong(&written, &must), Vec::<&str>::new());
        assert_eq!(written.get("MINE").map(String::as_str), Some("1"));
    }

    #[test]
    fn what_stays_with_a_place_does_not_travel() {
        let found = settings(&[("MINE", "1"), (SHARE, "heart-1"), (HOST_ID, "heart-2")]);
        assert_eq!(travelling(&found), settings(&[("MINE", "1")]));
    }
}
