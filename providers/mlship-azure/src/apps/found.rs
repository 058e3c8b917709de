//! An app and its revisions, as Azure shows them. Reads only.

use mlship_core::provider::ProviderError;
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;
use serde_json::Value;

use crate::arm::{Arm, Call, Id};
use crate::containers::stamp_in;
use crate::names::{LIVE, PROJECT};
use crate::stamp::Stamp;

/// How many versions stay that somebody may go back to. Azure keeps revisions for longer.
const KEPT: usize = 5;

/// A container app.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) id: Id,
    pub(super) body: Value,
    /// Those that mlship made, newest first.
    pub(super) revisions: Vec<Revision>,
}

/// A revision of an app.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    pub(super) name: String,
    pub(super) stamp: Stamp,
    pub(super) is_active: bool,
    /// Its own address.
    pub(super) host: Option<String>,
    /// Of its container: names, and values that are no secrets.
    pub(super) environment: Value,
    pub(super) readiness: Readiness,
    pub(super) body: Value,
}

/// Whether a revision serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Readiness {
    /// It is being started.
    Busy,
    /// Not now; it may yet, or not.
    Ailing(String),
    Up,
    /// It was switched off.
    Off,
    /// It will not; why, in Azure's words.
    Failed(String),
}

impl App {
    /// The app, with its revisions; `None` when there is none or it is not this service's.
    pub(super) async fn look(
        arm: &Arm,
        id: &Id,
        service: &str,
    ) -> Result<Option<Self>, ProviderError> {
        let call = Call { operation: "look at the container app", resource: id.name() };
        match arm.get(call, id).await? {
            Some(body) if body["tags"][PROJECT] == service => {
                Self::with(arm, id, body).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The same, out of the app as it was found.
    pub(super) async fn with(arm: &Arm, id: &Id, body: Value) -> Result<Self, ProviderError> {
        let call = Call { operation: "list the revisions of", resource: id.name() };
        let all = arm.list(call, id, "revisions", &[]).await?;
        let mut revisions: Vec<Revision> = all.into_iter().filter_map(Revision::read).collect();
        revisions.sort_by(|one, other| other.stamp.created.cmp(&one.stamp.created));
        Ok(Self { id: id.clone(), body, revisions })
    }

    /// The revision of a version.
    pub(super) fn revision(&self, version: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.stamp.id == version)
    }

    /// Where the traffic goes; `None` until a version was checked.
    pub(super) fn traffic(&self) -> Option<Traffic> {
        let live = Stamp::read(self.body["tags"][LIVE].as_str()?)?;
        Traffic::of_parts(&live.id, &self.parts())
    }

    /// Versions and their weights. A rule for whatever is the newest stands for that revision.
    pub(super) fn parts(&self) -> Vec<(String, u64)> {
        let rules = self.body["properties"]["configuration"]["ingress"]["traffic"].as_array();
        let newest = self.body["properties"]["latestRevisionName"].as_str();
        let rule = |rule: &Value| {
            let name = rule["revisionName"].as_str().or(newest)?;
            let revision = self.revisions.iter().find(|revision| revision.name == name)?;
            Some((revision.stamp.id.clone(), rule["weight"].as_u64().unwrap_or(0)))
        };
        rules.into_iter().flatten().filter_map(rule).collect()
    }

    /// How much of the traffic a version gets, of what was checked.
    pub(super) fn share_of(&self, version: &str) -> Share {
        self.traffic().map_or(Share::NONE, |traffic| traffic.share_of(version))
    }

    /// The versions that somebody may go back to, newest first.
    pub(super) fn kept(&self) -> Vec<&Revision> {
        let traffic = self.traffic();
        let gets = |revision: &Revision| {
            let beside = traffic.as_ref().and_then(|traffic| traffic.beside.as_ref());
            traffic.as_ref().is_some_and(|traffic| traffic.live == revision.stamp.id)
                || beside.is_some_and(|(version, _)| *version == revision.stamp.id)
        };
        let mut at = 0..;
        let stays = |revision: &&Revision| at.next() < Some(KEPT) || gets(revision);
        self.revisions.iter().filter(stays).collect()
    }

    /// The version before the live one in time.
    pub(super) fn before(&self, live: &str) -> Option<&Revision> {
        let created = &self.revision(live)?.stamp.created;
        self.kept().into_iter().find(|revision| revision.stamp.created < *created)
    }

    /// Where callers come in.
    pub(super) fn host(&self) -> Option<&str> {
        self.body["properties"]["configuration"]["ingress"]["fqdn"].as_str()
    }
}

impl Revision {
    /// `None` for what mlship did not make.
    pub(super) fn read(body: Value) -> Option<Self> {
        let properties = &body["properties"];
        let environment = properties["template"]["containers"][0]["env"].clone();
        Some(Self {
            name: body["name"].as_str()?.to_owned(),
            stamp: stamp_in(&environment)?,
            is_active: properties["active"] == true,
            host: properties["fqdn"].as_str().map(str::to_owned),
            readiness: readiness(properties),
            environment,
            body,
        })
    }
}

/// Source: <https://learn.microsoft.com/azure/container-apps/revisions#revision-states>, 2026-11-21.
fn readiness(properties: &Value) -> Readiness {
    let text = |key: &str| properties[key].as_str().unwrap_or_default();
    let why = || {
        let told = ["provisioningError", "runningStateDetails"].map(text);
        let told = told.into_iter().find(|told| !told.is_empty());
        told.unwrap_or("its containers do not start").to_owned()
    };
    let (provisioning, running) = (text("provisioningState"), text("runningState"));
    match (provisioning, running, text("healthState")) {
        _ if properties["active"] == false => Readiness::Off,
        ("Failed", ..) | (_, "Failed" | "ActivationFailed", _) => Readiness::Failed(why()),
        (_, "Degraded", _) | (_, _, "Unhealthy") => Readiness::Ailing(why()),
        ("Provisioned", "Processing" | "Activating", _) => Readiness::Busy,
        ("Provisioned", ..) => Readiness::Up,
        _ => Readiness::Busy,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_revision_is_up_when_it_is_provisioned_and_runs_or_sleeps() {
        let of = |active: bool, provisioning: &str, running: &str, health: &str| {
            readiness(&json!({
                "active": active, "provisioningState": provisioning, "runningState": running,
                "healthState": health, "runningStateDetails": "it said so",
            }))
        };
        assert_eq!(of(true, "Provisioned", "Running", "Healthy"), Readiness::Up);
        assert_eq!(of(true, "Provisioned", "ScaledToZero", "None"), Readiness::Up);
        assert_eq!(of(true, "Provisioning", "Processing", "None"), Readiness::Busy);
        assert_eq!(of(false, "Deprovisioned", "Stopped", "None"), Readiness::Off);
        let said = "it said so".to_owned();
        assert_eq!(
            of(true, "Provisioning", "Degraded", "Unhealthy"),
            Readiness::Ailing(said.clone())
        );
        assert_eq!(of(true, "Failed", "Failed", "Unhealthy"), Readiness::Failed(said));
    }
}
