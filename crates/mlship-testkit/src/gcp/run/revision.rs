//! A revision: made of a service's template, started, and removed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions::{How, of_revision};
use super::names::check_revision;
use super::world::World;
use super::{Place, Revision, Service, Stage, artifact, text, traffic};
use crate::gcp::error::Refusal;

/// What a revision takes over of its template as it is.
const OF_TEMPLATE: [&str; 14] = [
    "labels",
    "annotations",
    "scaling",
    "vpcAccess",
    "timeout",
    "serviceAccount",
    "containers",
    "volumes",
    "executionEnvironment",
    "encryptionKey",
    "maxInstanceRequestConcurrency",
    "sessionAffinity",
    "nodeSelector",
    "gpuZonalRedundancyDisabled",
];

/// The name of the revision that comes next: the template's, or one that is made up.
///
/// # Errors
/// A name that another revision has, or that may be none.
pub(super) fn next_name(service: &Service, template: &Value) -> Result<String, Refusal> {
    let wanted = text::of(template, "/revision");
    if wanted.is_empty() {
        let number = service.made + 1;
        let letters = text::hash(&format!("{}/{number}", text::of(&service.body, "/name")));
        return Ok(format!("{}-{number:05}-{}", service.id(), &letters[..3]));
    }
    check_revision(wanted, service.id())?;
    match service.revision(wanted) {
        None => Ok(wanted.to_owned()),
        Some(_) => {
            let message =
                format!("Revision named '{wanted}' with different configuration already exists.");
            Err(Refusal::exists(message))
        }
    }
}

/// Adds the next revision of a service, not started yet. What it cannot have makes it fail.
pub(super) fn add(
    service: &mut Service,
    name: &str,
    given: Option<Arc<Vec<u8>>>,
    time: &str,
    world: &mut dyn World,
) {
    let template = service.body["template"].clone();
    let mut body = json!({
        "name": format!("{}/revisions/{name}", text::of(&service.body, "/name")),
        "uid": format!("00000000-0000-4000-9000-{}", &text::hash(name)),
        "generation": "1", "observedGeneration": "1", "createTime": time, "updateTime": time,
        "service": service.id(), "etag": format!("\"{}\"", text::hash(&format!("{name}{time}"))),
        "launchStage": service.body.get("launchStage").cloned().unwrap_or_else(|| json!("GA")),
        "logUri": format!("https://console.cloud.google.com/logs/viewer?resource=cloud_run_revision\
            /service_name/{}/revision_name/{name}", service.id()),
        "creator": crate::gcp::CALLER,
    });
    for member in OF_TEMPLATE {
        if let Some(value) = template.get(member) {
            body[member] = value.clone();
        }
    }
    let place = Place::of(text::of(&service.body, "/name"));
    let place = place.unwrap_or(Place { project: String::new(), region: String::new() });
    let container = &template["containers"][0];
    let mut revision =
        Revision { body, artifact: None, environment: BTreeMap::new(), stage: Stage::Due };
    match found(container, given, world) {
        Ok((artifact, by_digest)) => {
            revision.artifact = Some(artifact);
            if let Some(image) = by_digest {
                revision.body["containers"][0]["image"] = json!(image);
                revision.body["containerStatuses"] = json!([{"imageDigest": image}]);
            }
        }
        Err(why) => revision.stage = Stage::Failed(why),
    }
    match environment(&place, service.id(), name, container, world) {
        Ok(environment) => revision.environment = environment,
        Err(why) => revision.stage = Stage::Failed(why),
    }
    of_revision(&mut revision.body, How::Working, None, time);
    service.made += 1;
    service.body["latestCreatedRevision"] = revision.body["name"].clone();
    service.revisions.push(revision);
}

/// What the container runs: what was built for it, or what it says itself.
fn found(
    container: &Value,
    given: Option<Arc<Vec<u8>>>,
    world: &mut dyn World,
) -> Result<(Arc<Vec<u8>>, Option<String>), Refusal> {
    match given {
        Some(artifact) => Ok((artifact, None)),
        None => artifact::load(container, world),
    }
}

/// What the process is given. A secret that cannot be had fails the revision.
fn environment(
    place: &Place,
    service: &str,
    revision: &str,
    container: &Value,
    world: &dyn World,
) -> Result<BTreeMap<String, String>, Refusal> {
    let port = container["ports"][0]["containerPort"].as_i64().unwrap_or(8080);
    let own = [
        ("PORT", port.to_string()),
        ("K_SERVICE", service.to_owned()),
        ("K_REVISION", revision.to_owned()),
        ("K_CONFIGURATION", service.to_owned()),
    ];
    let mut all: BTreeMap<String, String> =
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (index, variable) in text::list(container, "/env").iter().enumerate() {
        let name = text::of(variable, "/name").to_owned();
        let value = match variable["valueSource"]["secretKeyRef"].as_object() {
            Some(_) => secret(place, index, &variable["valueSource"]["secretKeyRef"], world)?,
            None => text::of(variable, "/value").to_owned(),
        };
        all.insert(name, value);
    }
    Ok(all)
}

fn secret(
    place: &Place,
    index: usize,
    reference: &Value,
    world: &dyn World,
) -> Result<String, Refusal> {
    let named = text::of(reference, "/secret");
    let version = match text::of(reference, "/version") {
        "" => "latest",
        version => version,
    };
    let (project, name) = match named.split('/').collect::<Vec<_>>().as_slice() {
        ["projects", project, "secrets", name] => ((*project).to_owned(), (*name).to_owned()),
        _ => (place.project.clone(), named.to_owned()),
    };
    let path =
        format!("spec.template.spec.containers[0].env[{index}].value_from.secret_key_ref.name");
    let whole = format!("projects/{}/secrets/{name}/versions/{version}", crate::gcp::NUMBER);
    if world.denies("secretmanager.versions.access") {
        let message = format!(
            "{path}: Permission denied on secret: {whole} for Revision service account {}. The \
             service account used must be granted the 'Secret Manager Secret Accessor' role \
             (roles/secretmanager.secretAccessor) at the secret, project or higher level.",
            super::defaults::account()
        );
        return Err(Refusal::denied(message));
    }
    world
        .secret(&project, &name, version)
        .ok_or_else(|| Refusal::not_found(format!("{path}: Secret {whole} was not found")))
}

/// Why a revision may not be removed; `None` when it may.
pub(in crate::gcp) fn held(service: &Service, id: &str) -> Option<Refusal> {
    let refused = |why: &str| {
        let message = format!("Revision '{id}' cannot be deleted: {why}");
        Some(Refusal::precondition(message))
    };
    if traffic::reaches(service, id) {
        return refused("it is assigned traffic or has a traffic tag.");
    }
    if text::last(text::of(&service.body, "/latestCreatedRevision")) == id {
        return refused("it is the latest created revision of its service.");
    }
    None
}
