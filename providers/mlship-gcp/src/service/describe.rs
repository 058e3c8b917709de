//! A service in the port's words.

use std::collections::BTreeMap;

use google_cloud_run_v2::model::IngressTraffic;
use mlship_core::deployment::{Deployment, Version};
use mlship_core::share::Share;

use super::access;
use super::found::{Readiness, Revision, Service};
use super::template::Shape;
use crate::NAME;
use crate::config::{Access, Kind};
use crate::names::Place;

/// The label that Google puts on the service of a function.
/// Source: <https://cloud.google.com/functions/docs/concepts/version-comparison>, 2026-11-21.
const MANAGED_BY: &str = "goog-managed-by";

/// What exists, for people and programs.
pub(crate) fn describe(service: &Service, place: &Place, access: Access) -> Deployment {
    let traffic = service.traffic();
    let shown = traffic.as_ref().and_then(|traffic| service.revision(&traffic.live));
    let shown = shown.or(service.revisions.first());
    Deployment {
        provider: NAME,
        kind: kind(service, shown).as_str(),
        name: place.service.clone(),
        url: Some(service.body.uri.clone()).filter(|url| !url.is_empty()),
        access: access::words(access).to_owned(),
        state: state(service),
        live: traffic.map(|traffic| traffic.live),
        versions: service
            .kept()
            .into_iter()
            .map(|one| one.version(service.share_of(&one.id)))
            .collect(),
        settings: settings(service, place, shown),
    }
}

/// The version that traffic went away from: the live one, or the one beside it when all goes back
/// to the live one.
pub(crate) fn left(service: &Service, to: &str) -> Option<Version> {
    let traffic = service.traffic()?;
    let left = match &traffic.beside {
        Some((beside, share)) if traffic.live == to && *share > Share::NONE => beside,
        _ => &traffic.live,
    };
    let left = service.revision(left)?;
    Some(left.version(traffic.share_of(&left.id)))
}

/// How it is run.
pub(crate) fn kind(service: &Service, revision: Option<&Revision>) -> Kind {
    if is_of_function(service) {
        return Kind::FunctionsV2;
    }
    let container = revision.and_then(|revision| revision.body.containers.first());
    match container.is_some_and(|container| container.source_code.is_some()) {
        true => Kind::CloudRunSource,
        false => Kind::CloudRunImage,
    }
}

/// Whether a function stands above it.
pub(crate) fn is_of_function(service: &Service) -> bool {
    service.body.labels.get(MANAGED_BY).is_some_and(|by| by.starts_with("cloudfunctions"))
}

fn state(service: &Service) -> String {
    let traffic = service.traffic();
    let live = traffic.as_ref().and_then(|traffic| service.revision(&traffic.live));
    match live.map(|live| &live.readiness) {
        _ if service.body.delete_time.is_some() => "being removed".to_owned(),
        None => "half-made: run `mlship deploy --provider gcp` again".to_owned(),
        Some(Readiness::Failed(why)) => format!("failed: {why}"),
        Some(Readiness::Busy) => "starting".to_owned(),
        Some(Readiness::Up) if service.body.reconciling => "updating".to_owned(),
        Some(Readiness::Up) => "ready".to_owned(),
    }
}

fn settings(
    service: &Service,
    place: &Place,
    revision: Option<&Revision>,
) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> =
        revision.map(|revision| Shape::words_of(&revision.body)).unwrap_or_default();
    // What a program is told is its own affair; it may be long, and it may be a secret.
    settings.retain(|key, _| !key.starts_with("environment."));
    let container = revision.and_then(|revision| revision.body.containers.first());
    let image = container.map(|container| container.image.clone());
    let scaling = service.body.scaling.as_ref();
    let of_revision = revision.and_then(|revision| revision.body.scaling.as_ref());
    let least = scaling.map(|scaling| scaling.min_instance_count).filter(|least| *least > 0);
    let least = least.or(of_revision.map(|scaling| scaling.min_instance_count));
    let most = scaling.map(|scaling| scaling.max_instance_count).filter(|most| *most > 0);
    let most = most.or(of_revision.map(|scaling| scaling.max_instance_count).filter(|n| *n > 0));
    let some = [
        ("project", Some(place.project.clone())),
        ("region", Some(place.region.clone())),
        ("ingress", ingress(&service.body.ingress).map(str::to_owned)),
        ("image", image.filter(|image| image != "scratch" && !image.is_empty())),
        ("instances-min", least.map(|number| number.to_string())),
        ("instances-max", most.map(|number| number.to_string())),
    ];
    settings.extend(some.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    settings
}

fn ingress(ingress: &IngressTraffic) -> Option<&'static str> {
    match ingress {
        IngressTraffic::All => Some("all"),
        IngressTraffic::InternalOnly => Some("internal"),
        IngressTraffic::InternalLoadBalancer => Some("internal-and-load-balancing"),
        _ => None,
    }
}
