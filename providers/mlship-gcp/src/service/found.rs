//! A service and its revisions, as Google Cloud shows them. Reads only.

use google_cloud_gax::paginator::ItemPaginator as _;
use google_cloud_run_v2::model;
use google_cloud_run_v2::model::condition::State;
use mlship_core::deployment::Version;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;

use super::accepted::Accepted;
use super::describe::is_of_function;
use super::traffic;
use crate::NAME;
use crate::connect::{Adopt, Cloud};
use crate::error::{Call, failed, translate};
use crate::names::{PROJECT_LABEL, Place};
use crate::stamp::{self, Stamp};

/// How many versions stay that somebody may go back to. Google keeps a thousand revisions.
pub(crate) const KEPT: usize = 5;

/// A Cloud Run service, whoever made it.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) body: model::Service,
    pub(crate) owner: Owner,
    /// All of them, newest first.
    pub(crate) revisions: Vec<Revision>,
}

/// Who made a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// mlship, for the service of this name.
    Mlship,
    /// Somebody else; it is being adopted.
    Other,
}

/// A revision of a service.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    /// Its short name.
    pub(crate) name: String,
    /// The id of the version that it runs: of its stamp, or its own name where mlship did not make
    /// it.
    pub(crate) id: String,
    pub(crate) stamp: Option<Stamp>,
    /// RFC 3339, UTC.
    pub(crate) created: String,
    pub(crate) readiness: Readiness,
    pub(crate) body: model::Revision,
}

/// Whether a revision serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It is being made.
    Busy,
    Up,
    /// It will not; why, in Google's words.
    Failed(String),
}

impl Service {
    /// The service of mlship's; `None` when there is none, or it is somebody else's and is not
    /// adopted.
    pub(crate) async fn look(cloud: &Cloud, place: &Place) -> Result<Option<Self>, ProviderError> {
        let found = Self::look_at_any(cloud, place).await?;
        Ok(found.filter(|service| service.owner == Owner::Mlship))
    }

    /// The service that a deploy works on.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is somebody else's and is not to be adopted;
    /// [`ErrorKind::Refused`] when its traffic is divided between more revisions than two.
    pub(crate) async fn look_to_deploy(
        cloud: &Cloud,
        place: &Place,
    ) -> Result<Option<Self>, ProviderError> {
        let found = Self::look_at_any(cloud, place).await?;
        match &found {
            Some(service) if service.owner == Owner::Other && cloud.adopt == Adopt::Refuse => {
                Err(foreign("deploy", "service", &place.service))
            }
            Some(service) => traffic::refuse_many(service, place).map(|()| found),
            None => Ok(None),
        }
    }

    /// The service of mlship's, for a command that only works on one; `None` when there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is somebody else's.
    pub(crate) async fn look_at_ours(
        cloud: &Cloud,
        place: &Place,
        operation: &str,
    ) -> Result<Option<Self>, ProviderError> {
        let found = Self::look_at_any(cloud, place).await?;
        match &found {
            Some(service) if service.owner == Owner::Other => {
                Err(foreign(operation, what(service), &place.service))
            }
            _ => Ok(found),
        }
    }

    pub(crate) async fn look_at_any(
        cloud: &Cloud,
        place: &Place,
    ) -> Result<Option<Self>, ProviderError> {
        let call = Call::new("look at the service", &place.service);
        let asked = cloud.services.get_service().set_name(place.service()).send().await;
        let body = match asked.map_err(|error| translate(call, error)) {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let revisions = match revisions(cloud, place).await {
            // It went between the two looks.
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            revisions => revisions?,
        };
        let owner = match body.labels.get(PROJECT_LABEL) {
            Some(label) if *label == place.service => Owner::Mlship,
            _ => Owner::Other,
        };
        Ok(Some(Self { body, owner, revisions }))
    }

    /// The best revision of a version: one that serves before one that may, and that before one
    /// that will not.
    pub(crate) fn revision(&self, version: &str) -> Option<&Revision> {
        let of_it = self.revisions.iter().filter(|revision| revision.id == version);
        of_it.min_by_key(|revision| match revision.readiness {
            Readiness::Up => 0,
            Readiness::Busy => 1,
            Readiness::Failed(_) => 2,
        })
    }

    /// The revision of a short name.
    pub(crate) fn named(&self, name: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.name == name)
    }

    /// Where the traffic of accepted versions goes; `None` until one was found to be right.
    pub(crate) fn traffic(&self) -> Option<Traffic> {
        traffic::read(self)
    }

    /// How much of the traffic a version gets, of what was accepted.
    pub(crate) fn share_of(&self, version: &str) -> Share {
        self.traffic().map_or(Share::NONE, |traffic| traffic.share_of(version))
    }

    /// The versions that somebody may go back to, newest first: none that was not found to be
    /// right.
    pub(crate) fn kept(&self) -> Vec<&Revision> {
        self.kept_of(&Accepted::read(self), self.traffic().as_ref())
    }

    /// The same, when these are accepted and the traffic goes so.
    pub(crate) fn kept_of(&self, accepted: &Accepted, traffic: Option<&Traffic>) -> Vec<&Revision> {
        let before = traffic.and_then(|traffic| accepted.before(&traffic.live).next());
        let gets = |revision: &Revision| {
            let mut parts = traffic.into_iter().flat_map(Traffic::parts);
            parts.any(|(version, _)| version == revision.id)
        };
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        for revision in &self.revisions {
            let best = self.revision(&revision.id).is_some_and(|best| best.name == revision.name);
            let fails = matches!(revision.readiness, Readiness::Failed(_));
            let dead = !accepted.has(&revision.id) || (fails && !gets(revision));
            if !best || seen.contains(&&revision.id) || dead {
                continue;
            }
            seen.push(&revision.id);
            let stays = gets(revision) || before == Some(revision.id.as_str());
            if kept.len() < KEPT || stays {
                kept.push(revision);
            }
        }
        kept
    }

    /// The version that was live before the live one.
    pub(crate) fn before(&self, live: &str) -> Option<&Revision> {
        let kept = self.kept();
        let of = |id: &str| kept.iter().copied().find(|revision| revision.id == id);
        Accepted::read(self).before(live).find_map(of)
    }

    /// The short names of the revisions that are being checked.
    pub(crate) fn on_trial(&self) -> Vec<&str> {
        let tried = self.body.traffic.iter().filter(|target| target.tag == traffic::TRIAL);
        tried.map(|target| short(&target.revision)).collect()
    }

    /// The address of a revision by itself: that of any tag of it.
    pub(crate) fn address_of(&self, revision: &str) -> Option<&str> {
        let mut statuses = self.body.traffic_statuses.iter();
        let tagged = statuses.find(|status| {
            short(&status.revision) == revision && !status.tag.is_empty() && !status.uri.is_empty()
        });
        tagged.map(|status| status.uri.as_str())
    }
}

impl Revision {
    pub(crate) fn read(body: model::Revision) -> Self {
        let name = short(&body.name).to_owned();
        let variables = body.containers.first().map(|container| container.env.as_slice());
        let variables = variables.unwrap_or_default();
        let stamp = stamp::of(
            |key| body.annotations.get(key).map(String::as_str),
            |key| variables.iter().find(|one| one.name == key)?.value().map(String::as_str),
        );
        let time = body.create_time.map(String::from).unwrap_or_default();
        Self {
            id: stamp.as_ref().map_or_else(|| name.clone(), |stamp| stamp.id.clone()),
            created: stamp.as_ref().map_or(time, |stamp| stamp.created.clone()),
            readiness: readiness(&body),
            name,
            stamp,
            body,
        }
    }

    /// In the port's words.
    pub(crate) fn version(&self, share: Share) -> Version {
        match &self.stamp {
            Some(stamp) => stamp.version(share),
            None => Version {
                id: self.id.clone(),
                content_sha256: None,
                git_revision: None,
                created: Some(self.created.clone()).filter(|created| !created.is_empty()),
                bytes: None,
                share,
            },
        }
    }
}

/// The last part of a name: answers have full names in some places and short ones in others.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

async fn revisions(cloud: &Cloud, place: &Place) -> Result<Vec<Revision>, ProviderError> {
    let call = Call::new("list the revisions of", &place.service);
    let mut items = cloud.revisions.list_revisions().set_parent(place.service()).by_item();
    let mut revisions = Vec::new();
    while let Some(item) = items.next().await {
        revisions.push(Revision::read(item.map_err(|error| translate(call, error))?));
    }
    revisions.sort_by(|one, other| other.created.cmp(&one.created));
    Ok(revisions)
}

/// The revision of a short name as it is now; `None` when it is not there.
pub(crate) async fn look_at_revision(
    cloud: &Cloud,
    place: &Place,
    name: &str,
) -> Result<Option<Revision>, ProviderError> {
    let call = Call::new("look at the revision", name);
    let asked = cloud.revisions.get_revision().set_name(place.revision(name)).send().await;
    match asked.map_err(|error| translate(call, error)) {
        Ok(body) => Ok(Some(Revision::read(body))),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Source: the condition `Ready` of
/// <https://docs.cloud.google.com/run/docs/reference/rest/v2/Condition>, 2026-11-21.
fn readiness(body: &model::Revision) -> Readiness {
    let ready = body.conditions.iter().find(|condition| condition.r#type == "Ready");
    match ready.map(|condition| (&condition.state, condition.message.as_str())) {
        Some((State::ConditionSucceeded, _)) => Readiness::Up,
        Some((State::ConditionFailed, "")) => Readiness::Failed("it does not start".to_owned()),
        Some((State::ConditionFailed, why)) => Readiness::Failed(why.to_owned()),
        _ => Readiness::Busy,
    }
}

/// Somebody else's thing of that name, and how it is taken over.
pub(crate) fn foreign(operation: &str, what: &str, name: &str) -> ProviderError {
    let error = ProviderError::foreign(NAME, operation, what, name);
    error.with_hint("`mlship deploy --provider gcp --adopt` takes it over; its traffic stays")
}

/// What it is to those who made it.
pub(crate) fn what(service: &Service) -> &'static str {
    if is_of_function(service) { "function" } else { "service" }
}

/// The service was removed while something was being done.
pub(crate) fn gone(operation: &str, service: &str) -> ProviderError {
    failed(ErrorKind::Conflict, operation, service, "it was removed meanwhile")
}
