//! Services: made, changed and removed, as Cloud Run does it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::names::check_service;
use super::world::World;
use super::{Place, Service, Services, defaults, mask, revision, rules, settle, text, traffic};
use crate::gcp::error::Refusal;

/// What only the service itself sets.
const KEPT: [&str; 19] = [
    "name",
    "uid",
    "generation",
    "createTime",
    "updateTime",
    "deleteTime",
    "expireTime",
    "creator",
    "lastModifier",
    "observedGeneration",
    "terminalCondition",
    "conditions",
    "latestReadyRevision",
    "latestCreatedRevision",
    "trafficStatuses",
    "uri",
    "urls",
    "reconciling",
    "etag",
];

/// What a caller sets.
const FIELDS: [&str; 22] = [
    "annotations",
    "binaryAuthorization",
    "buildConfig",
    "client",
    "clientVersion",
    "customAudiences",
    "defaultUriDisabled",
    "description",
    "etag",
    "functionalType",
    "iapEnabled",
    "ingress",
    "invokerIamDisabled",
    "labels",
    "launchStage",
    "multiRegionSettings",
    "name",
    "scaling",
    "sshEnabled",
    "template",
    "threatDetectionEnabled",
    "traffic",
];

/// Whether a change is kept, or only checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gcp) enum Persist {
    Yes,
    /// `validateOnly`.
    OnlyValidate,
}

/// How a PATCH is to be done.
#[derive(Debug, Clone, Default)]
pub(in crate::gcp) struct Change {
    /// As it was sent.
    pub(in crate::gcp) mask: String,
    pub(in crate::gcp) force_new_revision: bool,
    /// What runs, when it was built elsewhere.
    pub(in crate::gcp) built: Option<Arc<Vec<u8>>>,
}

/// Makes a service; what it will be, still at work.
///
/// # Errors
/// What Cloud Run refuses at once.
pub(in crate::gcp) fn create(
    services: &mut Services,
    place: &Place,
    id: &str,
    sent: &Value,
    built: Option<Arc<Vec<u8>>>,
    persist: Persist,
    world: &mut dyn World,
) -> Result<Value, Refusal> {
    place.check()?;
    let name = place.service(id);
    check_service(id)?;
    if services.all.contains_key(&name) {
        let message = format!("Resource '{id}' already exists.");
        return Err(Refusal::exists(message));
    }
    if world.exhausted("run.googleapis.com/services") || services.all.len() >= 1000 {
        let message = "Quota exceeded for total allowable services per project per region.";
        return Err(Refusal::exhausted(message));
    }
    services.serial += 1;
    let time = text::time(services.serial);
    let mut body = sent.clone();
    KEPT.iter().for_each(|kept| drop(body.as_object_mut().and_then(|body| body.remove(*kept))));
    let host = format!("{id}-{}", text::hash(&place.parent()));
    let (code, port) = (super::region_code(&place.region), world.port());
    let uri = format!("http://{host}-{code}.a.run.localhost:{port}");
    let number = crate::gcp::NUMBER;
    let by_number = format!("http://{id}-{number}.{}.run.localhost:{port}", place.region);
    let own = json!({"name": name, "uid": uid(&name, services.serial), "createTime": time,
        "creator": crate::gcp::CALLER, "generation": "0", "uri": uri, "urls": [by_number, uri]});
    own.as_object().into_iter().flatten().for_each(|(name, value)| body[name] = value.clone());
    let mut service = Service {
        body,
        revisions: Vec::new(),
        policy: json!({"etag": "ACAB"}),
        made: 0,
        answered: 0,
        failed: None,
    };
    changed(&mut service, place, New { revision: true, built }, &time, world)?;
    let shown = service.body.clone();
    if persist == Persist::Yes {
        services.all.insert(name, service);
    }
    Ok(shown)
}

/// Changes a service that is there; what it will be, still at work.
///
/// # Errors
/// What Cloud Run refuses at once: nothing is changed then.
pub(in crate::gcp) fn patch(
    services: &mut Services,
    name: &str,
    sent: &Value,
    change: Change,
    persist: Persist,
    world: &mut dyn World,
) -> Result<Value, Refusal> {
    let place = Place::of(name).ok_or_else(|| not_found(name))?;
    let old = services.all.get(name).ok_or_else(|| not_found(name))?;
    check_etag(&old.body, text::of(sent, "/etag"))?;
    let mut service = old.clone();
    service.body = mask::patched(&old.body, sent, &change.mask, &KEPT, &FIELDS)?;
    let before = defaults::filled(&old.body["template"]);
    let after = defaults::filled(&service.body["template"]);
    let revision = before != after || change.force_new_revision || change.built.is_some();
    services.serial += 1;
    let time = text::time(services.serial);
    let new = New { revision, built: change.built };
    changed(&mut service, &place, new, &time, world)?;
    let shown = service.body.clone();
    if persist == Persist::Yes {
        services.all.insert(name.to_owned(), service);
    }
    Ok(shown)
}

/// Removes a service with its revisions; what it was.
///
/// # Errors
/// There is none, or it is another than was meant.
pub(in crate::gcp) fn remove(
    services: &mut Services,
    name: &str,
    etag: &str,
    persist: Persist,
) -> Result<Value, Refusal> {
    let service = services.all.get(name).ok_or_else(|| not_found(name))?;
    check_etag(&service.body, etag)?;
    let mut shown = service.body.clone();
    if persist == Persist::Yes {
        services.serial += 1;
        shown["deleteTime"] = json!(text::time(services.serial));
        services.all.remove(name);
    }
    Ok(shown)
}

/// What comes with a change.
struct New {
    revision: bool,
    built: Option<Arc<Vec<u8>>>,
}

/// Fills in, checks, makes the revision when there is to be one, and sets the service to work.
fn changed(
    service: &mut Service,
    place: &Place,
    new: New,
    time: &str,
    world: &mut dyn World,
) -> Result<(), Refusal> {
    let body = &mut service.body;
    body["template"] = defaults::filled(&body["template"]);
    body["traffic"] = traffic::filled(&body["traffic"]);
    if text::of(body, "/ingress").is_empty() {
        body["ingress"] = json!("INGRESS_TRAFFIC_ALL");
    }
    if text::of(body, "/launchStage").is_empty() {
        body["launchStage"] = json!("GA");
    }
    if new.built.is_none() {
        rules::check(body, place, world)?;
    } else {
        rules::check_built(body, place, world)?;
    }
    let name = match new.revision {
        true => Some(revision::next_name(service, &service.body["template"])?),
        false => None,
    };
    let exists = |id: &str| service.revision(id).is_some() || name.as_deref() == Some(id);
    traffic::check(&service.body["traffic"], service.id(), exists)?;
    let generation = text::number(&service.body["generation"]).unwrap_or(0) + 1;
    service.body["generation"] = json!(generation.to_string());
    service.body["updateTime"] = json!(time);
    service.body["lastModifier"] = json!(crate::gcp::CALLER);
    service.body["etag"] = json!(etag(service));
    if let Some(name) = name {
        revision::add(service, &name, new.built, time, world);
    }
    settle::begin(service, time);
    Ok(())
}

/// There is no such service, revision or function.
pub(in crate::gcp) fn not_found(name: &str) -> Refusal {
    let kind = match name.rsplit('/').nth(1) {
        Some("revisions") => "REVISION",
        Some("functions") => "FUNCTION",
        _ => "SERVICE",
    };
    let id = text::last(name);
    let mut parts = name.split('/');
    let (project, region) = (parts.nth(1).unwrap_or_default(), parts.nth(1).unwrap_or_default());
    Refusal::not_found(format!(
        "Resource '{id}' of kind '{kind}' in region '{region}' in project '{project}' does not \
         exist."
    ))
}

/// The etag that a service has after this change.
fn etag(service: &Service) -> String {
    let of = format!("{}@{}", text::of(&service.body, "/uid"), service.body["generation"]);
    format!("\"{}/{}\"", text::hash(&of), text::hash(text::of(&service.body, "/name")))
}

fn uid(name: &str, serial: u64) -> String {
    let letters = text::hash(&format!("{name}{serial}"));
    let digits: String = letters.bytes().map(|byte| format!("{:x}", byte % 16)).collect();
    format!("{digits:0<8.8}-0000-4000-8000-{serial:012x}")
}

fn check_etag(body: &Value, sent: &str) -> Result<(), Refusal> {
    let now = text::of(body, "/etag");
    if sent.is_empty() || sent == now {
        return Ok(());
    }
    let message = format!(
        "Conflict for resource '{}': version '{sent}' was specified but current version is '{now}'.",
        text::last(text::of(body, "/name"))
    );
    Err(Refusal::aborted(message))
}
