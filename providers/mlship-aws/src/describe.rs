//! A function in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::{Deployment, Version};
use mlship_core::share::Share;

use crate::NAME;
use crate::find::function::{Function, Published, Readiness};
use crate::names::Account;
use crate::steps::access;

/// What exists, for people and programs.
pub(crate) fn describe(name: &str, function: &Function, account: &Account) -> Deployment {
    let address = function.address.as_ref();
    Deployment {
        provider: NAME,
        kind: function.latest.package.kind().as_str(),
        name: name.to_owned(),
        url: address.map(|address| address.url.clone()),
        access: address.map_or("no address", |address| access(address.auth)).to_owned(),
        state: state(function),
        live: function.alias.as_ref().map(|alias| alias.traffic.live.clone()),
        versions: function.versions.iter().rev().map(|made| shared(function, made)).collect(),
        settings: settings(function, account),
    }
}

fn state(function: &Function) -> String {
    match &function.readiness {
        Readiness::Busy => "updating".to_owned(),
        Readiness::Failed(why) => format!("failed: {why}"),
        Readiness::Ready if function.alias.is_none() || function.address.is_none() => {
            "half-made: run `mlship deploy --provider aws` again".to_owned()
        }
        Readiness::Ready => "ready".to_owned(),
    }
}

/// A version of the function, with what traffic it gets.
pub(crate) fn shared(function: &Function, version: &Published) -> Version {
    let id = version.number.to_string();
    let traffic = function.alias.as_ref().map(|alias| &alias.traffic);
    Version {
        share: traffic.map_or(Share::NONE, |traffic| traffic.share_of(&id)),
        id,
        content_sha256: version.stamp.content_sha256.clone(),
        git_revision: version.stamp.git_revision.clone(),
        created: version.created.as_deref().map(rfc3339),
        bytes: version.bytes,
    }
}

/// AWS writes `+0000` where RFC 3339 has `Z`.
fn rfc3339(time: &str) -> String {
    time.strip_suffix("+0000").map_or(time.to_owned(), |time| format!("{time}Z"))
}

fn settings(function: &Function, account: &Account) -> BTreeMap<String, String> {
    let setup = function.live().map_or(&function.latest, |live| &live.setup);
    let rest = [
        ("architecture", setup.architecture.clone()),
        ("account", account.id.clone()),
        ("region", account.region.clone()),
    ];
    let image = setup.image_digest().map(|digest| ("image", digest));
    let rest = rest.into_iter().chain(function.concurrency.settings()).chain(image);
    let rest = rest.chain(setup.models.settings());
    setup.settings().into_iter().chain(rest).map(|(key, value)| (key.to_owned(), value)).collect()
}
