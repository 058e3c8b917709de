//! What exists of an app: its plan, the site, the slot, and what each of them runs. Reads only.

use mlship_core::provider::ProviderError;
use serde_json::Value;

use crate::arm::{Arm, Call, Id};
use crate::names::{LIVE, PREVIOUS};
use crate::stamp::Stamp;

use super::bodies;
use super::settings::{STAMP, Settings};

/// An app as it stands.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// Where the traffic goes.
    pub(crate) site: Running,
    pub(crate) slot: Option<Running>,
    /// Names of the settings that stay where they are when site and slot are swapped.
    pub(crate) sticky: Vec<String>,
}

/// A site or a slot, and what it runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) id: Id,
    /// What Azure says of it.
    pub(crate) found: Value,
    /// Its `config/web`.
    pub(crate) web: Value,
    pub(crate) settings: Settings,
    /// For `ftp` and `scm`.
    pub(crate) policies: [Value; 2],
}

impl App {
    /// The version that was found to answer rightly when it got the traffic.
    pub(crate) fn settled(&self) -> Option<Stamp> {
        self.site.tag(LIVE)
    }

    /// The version that gets the traffic. None does before the first one was checked.
    pub(crate) fn live(&self) -> Option<Stamp> {
        self.settled().and_then(|settled| self.site.stamp().or(Some(settled)))
    }

    /// The version that was live before.
    pub(crate) fn previous(&self) -> Option<Stamp> {
        let (live, settled) = (self.live()?, self.settled()?);
        // A swap that was not settled: what the tag calls live is the one before.
        if settled.is(&live) { self.site.tag(PREVIOUS) } else { Some(settled) }
    }

    /// The version in the slot.
    pub(crate) fn next(&self) -> Option<Stamp> {
        self.slot.as_ref().and_then(Running::stamp)
    }

    /// All versions that are known, each once, newest first.
    pub(crate) fn versions(&self) -> Vec<Stamp> {
        let first = if self.settled().is_none() { self.site.stamp() } else { None };
        let all = [self.live(), self.previous(), self.next(), first];
        let mut versions: Vec<Stamp> = Vec::new();
        for stamp in all.into_iter().flatten() {
            if !versions.iter().any(|one| one.is(&stamp)) {
                versions.push(stamp);
            }
        }
        versions.sort_by(|one, other| other.created.cmp(&one.created));
        versions
    }
}

impl Running {
    /// The version that it runs, or is about to.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        Stamp::read(self.settings.get(STAMP)?)
    }

    /// `DOCKER|server/repository@sha256:…`; empty when it runs a package.
    pub(crate) fn fx(&self) -> &str {
        self.web["properties"]["linuxFxVersion"].as_str().unwrap_or_default()
    }

    /// Where it answers.
    pub(crate) fn host(&self) -> Option<&str> {
        self.found["properties"]["defaultHostName"].as_str()
    }

    fn tag(&self, name: &str) -> Option<Stamp> {
        Stamp::read(self.found["tags"][name].as_str()?)
    }
}

/// The app of this id; `None` when it is not there.
pub(crate) async fn look(arm: &Arm, site: &Id) -> Result<Option<App>, ProviderError> {
    let Some(site) = running(arm, site).await? else { return Ok(None) };
    let slot = running(arm, &bodies::slot(&site.id)).await?;
    let call = Call { operation: "look at the settings of the app", resource: site.id.name() };
    let names = arm.get(call, &site.id.part("config", "slotConfigNames")).await?;
    let names = names.unwrap_or_default();
    let names = names["properties"]["appSettingNames"].as_array().cloned().unwrap_or_default();
    let sticky = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Ok(Some(App { site, slot, sticky }))
}

/// One place of it; `None` when it is not there.
pub(crate) async fn running(arm: &Arm, id: &Id) -> Result<Option<Running>, ProviderError> {
    let call = Call { operation: "look at the app", resource: id.name() };
    let Some(found) = arm.get(call, id).await? else { return Ok(None) };
    let web = arm.get(call, &id.part("config", "web")).await?.unwrap_or_default();
    let settings = settings(arm, id).await?;
    let [ftp, scm] = bodies::policies(id);
    let ftp = arm.get(call, &ftp.id).await?.unwrap_or_default();
    let scm = arm.get(call, &scm.id).await?.unwrap_or_default();
    Ok(Some(Running { id: id.clone(), found, web, settings, policies: [ftp, scm] }))
}

/// The app settings of a site or slot. They are secret: none goes into a message.
pub(crate) async fn settings(arm: &Arm, id: &Id) -> Result<Settings, ProviderError> {
    let call = Call { operation: "read the settings of the app", resource: id.name() };
    let list = id.part("config", "appsettings");
    let found = arm.post(call, &list, "list", &Value::Null).await?;
    let pairs = found["properties"].as_object().cloned().unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Ok(pairs.into_iter().map(|(name, value)| (name, text(value))).collect())
}
