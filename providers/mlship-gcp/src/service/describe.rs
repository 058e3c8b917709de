//! A service in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::Deployment;

use super::found::{Readiness, Service};
use super::template::Shape;
use crate::NAME;
use crate::config::{Access, Kind};
use crate::names::Place;

/// What exists, for people and programs.
pub(crate) fn describe(
    service: &Service,
    place: &Place,
    kind: Kind,
    access: Access,
) -> Deployment {
    let traffic = service.traffic();
    let live = traffic.as_ref().and_then(|traffic| service.revision(&traffic.live));
    let state = match live.map(|live| &live.readiness) {
        None => "half-made: run `mlship deploy --provider gcp` again".to_owned(),
        Some(Readiness::Failed(why)) => format!("failed: {why}"),
        Some(Readiness::Busy) => "starting".to_owned(),
        Some(Readiness::Up) => "ready".to_owned(),
    };
    let access = match access {
        Access::Public => "public",
        Access::Private => "private (iam)",
    };
    let settings = live.map_or_else(BTreeMap::new, |live| Shape::words_of(&live.body));
    Deployment {
        provider: NAME,
        kind: kind.as_str(),
        name: place.service.clone(),
        url: Some(service.body.uri.clone()).filter(|uri| !uri.is_empty()),
        access: access.to_owned(),
        state,
        live: traffic.as_ref().map(|traffic| traffic.live.clone()),
        versions: service
            .kept()
            .into_iter()
            .map(|revision| revision.version(service.share_of(&revision.id)))
            .collect(),
        settings,
    }
}
