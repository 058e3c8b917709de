//! Makes and changes services through the Run API, and says what they must be. Every change names
//! what it was read as, so that nobody's work is overwritten.

use std::collections::BTreeMap;

use google_cloud_lro::Poller as _;
use google_cloud_run_v2::model::{IngressTraffic, Service as Body, ServiceScaling};
use google_cloud_wkt::FieldMask;
use mlship_core::plan::Difference;
use mlship_core::provider::ProviderError;

use super::found::{Readiness, Service, look_at_revision};
use super::ready;
use super::template::{self, Program};
use super::traffic::with_trial;
use super::wanted::{Wanted, differ};
use crate::config::{Ingress, Kind};
use crate::connect::Cloud;
use crate::error::{Call, translate};
use crate::names::Place;

/// The fields of a service beside its revisions and its traffic.
const OUTER: [&str; 3] = ["labels", "ingress", "scaling"];

/// What differs between a service and what is wanted, beside its revisions and its traffic.
pub(crate) fn differences(service: &Service, wanted: &Wanted) -> Vec<Difference> {
    let (is, will) = (words_of(service), words(wanted));
    let keys: std::collections::BTreeSet<&String> = is.keys().chain(will.keys()).collect();
    let text = |words: &BTreeMap<String, String>, key: &str| words.get(key).cloned();
    keys.into_iter()
        .filter_map(|key| differ(key, text(&is, key).as_deref(), text(&will, key).as_deref()))
        .collect()
}

fn words(wanted: &Wanted) -> BTreeMap<String, String> {
    let instances = wanted.config.instances;
    let counts = [("instances-min", instances.min), ("instances-max", instances.max)];
    let counts = counts.into_iter().filter_map(|(key, count)| {
        let count = count.filter(|count| *count > 0)?;
        Some((key.to_owned(), count.to_string()))
    });
    let labels = template::labels(wanted);
    let labels = labels.into_iter().map(|(key, value)| (format!("labels.{key}"), value));
    let ingress = ("ingress".to_owned(), wanted.config.ingress.as_str().to_owned());
    counts.chain(labels).chain([ingress]).collect()
}

fn words_of(service: &Service) -> BTreeMap<String, String> {
    let scaling = service.body.scaling.as_ref();
    let counts = scaling.map_or([0, 0], |it| [it.min_instance_count, it.max_instance_count]);
    let counts = ["instances-min", "instances-max"].into_iter().zip(counts);
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts = counts.map(|(key, count)| (key.to_owned(), count.to_string()));
    let ingress = match service.body.ingress {
        IngressTraffic::InternalOnly => Ingress::Internal.as_str(),
        IngressTraffic::InternalLoadBalancer => Ingress::InternalAndLoadBalancing.as_str(),
        IngressTraffic::None => "none",
        _ => Ingress::All.as_str(),
    };
    // Google's own begin so.
    let own = service.body.labels.iter().filter(|(key, _)| !key.starts_with("goog-"));
    let labels = own.map(|(key, value)| (format!("labels.{key}"), value.clone()));
    let ingress = ("ingress".to_owned(), ingress.to_owned());
    counts.chain(labels).chain([ingress]).collect()
}

/// The outside of a service, as Cloud Run is told.
fn outer(wanted: &Wanted) -> Body {
    let count = |count: Option<u32>| i32::try_from(count.unwrap_or(0)).unwrap_or(i32::MAX);
    let instances = wanted.config.instances;
    let scaling = ServiceScaling::new()
        .set_min_instance_count(count(instances.min))
        .set_max_instance_count(count(instances.max));
    let ingress = match wanted.config.ingress {
        Ingress::All => IngressTraffic::All,
        Ingress::Internal => IngressTraffic::InternalOnly,
        Ingress::InternalAndLoadBalancing => IngressTraffic::InternalLoadBalancer,
    };
    Body::new().set_labels(template::labels(wanted)).set_scaling(scaling).set_ingress(ingress)
}

/// The short name that the next revision of the wanted version gets: a failed one keeps its own.
pub(crate) fn next_name(service: Option<&Service>, wanted: &Wanted) -> String {
    let first = wanted.place.revision_of(wanted.version());
    let taken = |name: &str| service.is_some_and(|service| service.named(name).is_some());
    let more = (2..).map(|number| format!("{first}-{number}"));
    std::iter::once(first.clone()).chain(more).find(|name| !taken(name)).unwrap_or(first)
}

/// Changes the outside of a service alone.
pub(crate) async fn update(
    cloud: &Cloud,
    wanted: &Wanted,
    service: &Service,
) -> Result<(), ProviderError> {
    patch(cloud, &wanted.place, service, outer(wanted), &OUTER).await
}

/// Makes the service, or changes it, with a new revision on trial. The traffic stays where it is.
pub(crate) async fn revision(
    cloud: &Cloud,
    wanted: &Wanted,
    service: Option<&Service>,
    name: &str,
    program: &Program,
) -> Result<(), ProviderError> {
    let stage = match wanted.config.kind {
        Kind::CloudRunSource => "BETA",
        _ => "GA",
    };
    let body = outer(wanted)
        .set_launch_stage(stage)
        .set_template(template::template(wanted, name, program))
        .set_traffic(with_trial(service, name));
    let made = match service {
        None => create(cloud, &wanted.place, body).await,
        Some(service) => {
            let fields = [&OUTER[..], &["launch_stage", "template", "traffic"]].concat();
            patch(cloud, &wanted.place, service, body, &fields).await
        }
    };
    // A revision that does not start says better why than the operation does.
    let Err(error) = made else { return Ok(()) };
    match look_at_revision(cloud, &wanted.place, name).await {
        Ok(Some(found)) if matches!(found.readiness, Readiness::Failed(_)) => {
            ready::until_up(cloud, &wanted.place, name).await.map(drop)
        }
        _ => Err(error),
    }
}

async fn create(cloud: &Cloud, place: &Place, body: Body) -> Result<(), ProviderError> {
    let call = Call::new("create the service", &place.service);
    let making = cloud
        .services
        .create_service()
        .set_parent(place.location())
        .set_service_id(&place.service)
        .set_service(body);
    making.poller().until_done().await.map(drop).map_err(|error| translate(call, error))
}

/// Changes some fields of a service, if it is still as it was read.
pub(crate) async fn patch(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    body: Body,
    fields: &[&str],
) -> Result<(), ProviderError> {
    let call = Call::new("change the service", &place.service);
    let body = body.set_name(place.service()).set_etag(&service.body.etag);
    let fields = FieldMask::default().set_paths(fields.iter().copied());
    let changing = cloud.services.update_service().set_service(body).set_update_mask(fields);
    changing.poller().until_done().await.map(drop).map_err(|error| translate(call, error))
}
