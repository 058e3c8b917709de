//! What exists of an app: the site, its slot, and what each of them runs. Reads only.

use mlship_core::provider::ProviderError;
use serde_json::Value;

use crate::access;
use crate::arm::{Arm, Call, Id};
use crate::config::{Access, Kind};
use crate::functions::Settings;
use crate::ledger::Ledger;
use crate::stamp::Stamp;

use super::bodies;
use super::settings::{KEY, OURS, STAMP};

/// An app as it stands.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// Where the traffic goes.
    pub(crate) site: Running,
    pub(crate) slot: Option<Running>,
    /// Its `config/slotConfigNames`.
    pub(crate) staying: Value,
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
    /// Those of [`bodies::policies`].
    pub(crate) policies: [Value; 2],
}

impl App {
    /// The versions, by what runs where the traffic goes: a swap may not have been written down.
    pub(crate) fn ledger(&self) -> Ledger {
        let written = Ledger::of(&self.site.found);
        match (&written.live, self.site.stamp()) {
            (Some(live), Some(runs)) if !live.is(&runs) => written.settled(runs),
            _ => written,
        }
    }

    /// Settings of other people's that go with a version: neither ours, nor such as stay where
    /// they are.
    pub(crate) fn others(&self, running: &Running) -> Settings {
        self.those(running, |name| !self.stays(name) && !OURS.contains(&name))
    }

    /// Settings of other people's that stay in a place.
    pub(crate) fn others_staying(&self, running: &Running) -> Settings {
        self.those(running, |name| self.stays(name) && !OURS.contains(&name))
    }

    fn those(&self, running: &Running, which: impl Fn(&str) -> bool) -> Settings {
        let those = running.settings.0.iter().filter(|(name, _)| which(name));
        Settings(those.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn stays(&self, name: &str) -> bool {
        let names = self.staying["properties"]["appSettingNames"].as_array();
        names.is_some_and(|names| names.iter().any(|one| one == name))
    }
}

impl Running {
    /// The version that it runs, or is about to.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        Stamp::read(self.settings.get(STAMP)?)
    }

    /// Who may call what it runs: a package brings it with it, a container is told.
    pub(crate) fn access(&self, kind: Kind) -> Option<Access> {
        match kind {
            Kind::WebApp => Some(access::by_key(self.settings.get(KEY))),
            _ => self.stamp().map(|stamp| stamp.access),
        }
    }

    /// `DOCKER|server/repository:v…`; empty when it runs a package.
    pub(crate) fn fx(&self) -> &str {
        self.web["properties"]["linuxFxVersion"].as_str().unwrap_or_default()
    }

    /// Whether somebody stopped it; a deploy may have been cut.
    pub(crate) fn is_stopped(&self) -> bool {
        self.found["properties"]["state"] == "Stopped"
    }
}

/// The app of this id; `None` when it is not there.
pub(crate) async fn look(arm: &Arm, site: &Id) -> Result<Option<App>, ProviderError> {
    let Some(site) = running(arm, site).await? else { return Ok(None) };
    let slot = running(arm, &bodies::slot(&site.id)).await?;
    let call = Call { operation: "look at the settings of the app", resource: site.id.name() };
    let staying = arm.get(call, &site.id.part("config", "slotConfigNames")).await?;
    Ok(Some(App { site, slot, staying: staying.unwrap_or_default() }))
}

/// One place; `None` when it is not there.
async fn running(arm: &Arm, id: &Id) -> Result<Option<Running>, ProviderError> {
    let call = Call { operation: "look at the app", resource: id.name() };
    let Some(found) = arm.get(call, id).await? else { return Ok(None) };
    let web = arm.get(call, &id.part("config", "web")).await?.unwrap_or_default();
    let settings = Settings::read(arm, id).await?;
    let [ftp, scm] = bodies::policies(id);
    let ftp = arm.get(call, &ftp.id).await?.unwrap_or_default();
    let scm = arm.get(call, &scm.id).await?.unwrap_or_default();
    Ok(Some(Running { id: id.clone(), found, web, settings, policies: [ftp, scm] }))
}
