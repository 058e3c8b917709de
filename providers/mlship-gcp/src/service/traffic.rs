//! The traffic of a service: what its targets and their tags say, and how it is moved.
//!
//! The live version has the tag `l`, the one beside it `b`, and one that is being checked `t`. What
//! was accepted before is in [`Accepted`].

use google_cloud_run_v2::model::{Service as Body, TrafficTarget, TrafficTargetAllocationType};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;

use super::accepted::Accepted;
use super::access;
use super::found::{Owner, Service, gone, short};
use super::make;
use crate::config::Access;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;

/// The tag of the version that gets what the other one does not. A tag and the name of the service
/// together have a bound, so each is one letter.
pub(crate) const LIVE: &str = "l";
/// The tag of the version beside it.
pub(crate) const BESIDE: &str = "b";
/// The tag of a version that is being checked, which stands for `trial`.
pub(crate) const TRIAL: &str = "t";

/// Where the bound is told.
pub(crate) const NAME_PAGE: &str =
    "https://docs.cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration";
/// Characters that a tag and the name of its service may have together.
/// Source: [`NAME_PAGE`], 2026-11-21.
const TAG_AND_NAME: usize = 46;
/// The most characters of a service's name: it has a tag beside it.
pub(crate) const LONGEST_NAME: usize = TAG_AND_NAME - TRIAL.len();

/// A part of the traffic, by the short name of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    revision: String,
    percent: u64,
    tags: Vec<String>,
}

/// Where the traffic of accepted versions goes. What somebody moved by hand is accepted; the newest
/// revision of a service that never had a version accepted is not, nor what is on trial.
pub(super) fn read(service: &Service) -> Option<Traffic> {
    let parts = parts(service);
    let adopted = service.owner == Owner::Other;
    // The tags of somebody else mean something else.
    let tagged = |part: &Part, tag: &str| !adopted && part.tags.iter().any(|one| one == tag);
    let was_accepted = adopted || parts.iter().any(|part| tagged(part, LIVE));
    let follows = |target: &TrafficTarget| target.revision.is_empty();
    if !was_accepted && service.body.traffic.iter().all(|one| follows(one) || one.tag == TRIAL) {
        return None;
    }
    let counts = |part: &&Part| {
        (part.percent > 0 && (was_accepted || !tagged(part, TRIAL))) || tagged(part, BESIDE)
    };
    let counted: Vec<&Part> = parts.iter().filter(counts).collect();
    let id = |part: &Part| match service.named(&part.revision) {
        Some(revision) => revision.id.clone(),
        None => part.revision.clone(),
    };
    let live = counted.iter().find(|part| tagged(part, LIVE)).map(|part| id(part));
    let listed: Vec<(String, u64)> = counted.iter().map(|part| (id(part), part.percent)).collect();
    Traffic::of_parts(&live.unwrap_or_default(), &listed)
}

/// The targets as one list by revision: a revision may be there several times, once for each tag.
fn parts(service: &Service) -> Vec<Part> {
    let newest = short(&service.body.latest_ready_revision);
    let mut parts: Vec<Part> = Vec::new();
    for target in &service.body.traffic {
        let named = if target.revision.is_empty() { newest } else { short(&target.revision) };
        if named.is_empty() {
            // It follows the newest, and none is ready.
            continue;
        }
        let percent = u64::try_from(target.percent).unwrap_or(0);
        let tags = Some(target.tag.clone()).filter(|tag| !tag.is_empty());
        match parts.iter_mut().find(|part| part.revision == named) {
            Some(part) => {
                part.percent += percent;
                part.tags.extend(tags);
            }
            None => parts.push(Part {
                revision: named.to_owned(),
                percent,
                tags: tags.into_iter().collect(),
            }),
        }
    }
    parts
}

/// Refuses a service whose traffic somebody divided between more revisions than a live one and one
/// beside it: a deploy would take it from the rest.
pub(super) fn refuse_many(service: &Service, place: &Place) -> Result<(), ProviderError> {
    let parts = parts(service);
    let getting = parts.iter().filter(|part| part.percent > 0).count();
    if getting <= 2 {
        return Ok(());
    }
    let reason =
        format!("its traffic is divided between {getting} revisions, and two are the most");
    let error = failed(ErrorKind::Refused, "deploy", &place.service, reason);
    Err(error.with_hint(format!(
        "move it to one or two of them first: `gcloud run services update-traffic {} --region {} \
         --project {} --to-revisions REVISION=100`",
        place.service, place.region, place.project
    )))
}

/// What the service is told. `names` gives the revision of a version.
pub(super) fn targets(traffic: &Traffic, names: impl Fn(&str) -> String) -> Vec<TrafficTarget> {
    let told = |(version, share): (&str, Share)| {
        let tag = if version == traffic.live { LIVE } else { BESIDE };
        target(&names(version), share, tag)
    };
    traffic.parts().map(told).collect()
}

/// The same with a revision on trial. With nothing accepted it gets all of it: there is nobody
/// else, and nobody knows of it yet.
pub(super) fn with_trial(service: Option<&Service>, trial: &str) -> Vec<TrafficTarget> {
    let accepted = service.and_then(|service| Some((service, service.traffic()?)));
    let Some((service, traffic)) = accepted else {
        return vec![target(trial, Share::ALL, TRIAL)];
    };
    let mut all = targets(&traffic, |version| name_of(service, version));
    if all.iter().all(|one| one.revision != trial) {
        all.push(target(trial, Share::NONE, TRIAL));
    }
    all
}

/// The short name of a version's revision.
pub(super) fn name_of(service: &Service, version: &str) -> String {
    service.revision(version).map_or(version, |revision| revision.name.as_str()).to_owned()
}

fn target(revision: &str, share: Share, tag: &str) -> TrafficTarget {
    TrafficTarget::new()
        .set_type(TrafficTargetAllocationType::Revision)
        .set_revision(revision)
        .set_percent(i32::from(share.as_percent()))
        .set_tag(tag)
}

/// Puts a revision on trial, unless it has an address of its own already.
pub(crate) async fn put_on_trial(
    cloud: &Cloud,
    place: &Place,
    service: Service,
    revision: &str,
) -> Result<Service, ProviderError> {
    if service.address_of(revision).is_some() {
        return Ok(service);
    }
    let body = Body::new().set_traffic(with_trial(Some(&service), revision));
    make::patch(cloud, place, &service, body, &["traffic"]).await?;
    Service::look(cloud, place)
        .await?
        .ok_or_else(|| gone("check the new version of", &place.service))
}

/// Names the revisions that the traffic goes to as it is: it must not follow the newest.
pub(crate) async fn pin(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
) -> Result<(), ProviderError> {
    let follows = service.body.traffic.iter().any(|target| target.revision.is_empty());
    let Some(traffic) = service.traffic().filter(|_| follows || service.body.traffic.is_empty())
    else {
        return Ok(());
    };
    move_to(cloud, place, service, (&traffic, Accepted::read(service)), None).await
}

/// Moves the traffic, writes down what is accepted then, and changes with it who may call the service when `access` says so.
pub(crate) async fn move_to(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    (then, accepted): (&Traffic, Accepted),
    access: Option<Access>,
) -> Result<(), ProviderError> {
    let kept: Vec<&str> =
        service.kept_of(&accepted, Some(then)).iter().map(|one| one.id.as_str()).collect();
    let accepted = accepted.clone().only(|id| kept.contains(&id));
    let body = Body::new()
        .set_traffic(targets(then, |version| name_of(service, version)))
        .set_annotations(accepted.annotations(service));
    let fields = ["traffic", "annotations"];
    let Some(access) = access else {
        return make::patch(cloud, place, service, body, &fields).await;
    };
    let change = access::prepare(cloud, place, service, access).await?;
    access::bind(cloud, place, &change).await?;
    match change.setting {
        Some(disabled) => {
            let body = body.set_invoker_iam_disabled(disabled);
            let fields = [&fields[..], &["invoker_iam_disabled"]].concat();
            make::patch(cloud, place, service, body, &fields).await
        }
        None => make::patch(cloud, place, service, body, &fields).await,
    }
}
