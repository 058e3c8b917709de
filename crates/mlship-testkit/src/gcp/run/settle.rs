//! The time between a change and what comes of it. A service is worked on for so many looks; then
//! the revision that came up gets its traffic, or the reason why it did not is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions::{How, of_revision, of_service};
use super::service::not_found;
use super::{Service, Services, Stage, text, traffic};
use crate::gcp::error::Refusal;

/// A container that is to be started.
#[derive(Debug, Clone)]
pub(in crate::gcp) struct Start {
    pub(in crate::gcp) service: String,
    pub(in crate::gcp) revision: String,
    /// The host that it will answer at.
    pub(in crate::gcp) uri: String,
    pub(in crate::gcp) artifact: Arc<Vec<u8>>,
    pub(in crate::gcp) environment: BTreeMap<String, String>,
}

/// The environment variable of a container that never listens.
const NEVER: &str = "STANDIN_NEVER_LISTENS";

/// Sets a service to work after a change.
pub(super) fn begin(service: &mut Service, time: &str) {
    service.failed = None;
    of_service(&mut service.body, How::Working, How::Working, None, time);
}

/// The next container that is to be started, if any. Whoever takes it must say what came of it.
pub(in crate::gcp) fn take(services: &mut Services) -> Option<Start> {
    services.all.iter_mut().find_map(|(name, service)| {
        let uri = text::of(&service.body, "/uri").to_owned();
        let revision = service.revisions.iter_mut().find(|one| one.stage == Stage::Due)?;
        revision.stage = Stage::Starting;
        Some(Start {
            service: name.clone(),
            revision: revision.id().to_owned(),
            uri,
            artifact: revision.artifact.clone().unwrap_or_default(),
            environment: revision.environment.clone(),
        })
    })
}

/// Notes what came of a start.
pub(in crate::gcp) fn started(services: &mut Services, start: &Start, came_up: Result<(), String>) {
    let Some(service) = services.all.get_mut(&start.service) else { return };
    let Some(revision) = service.revision_mut(&start.revision) else { return };
    let never = start.environment.get(NEVER).is_some_and(|value| value == "1");
    revision.stage = match came_up {
        Ok(()) if !never => Stage::Up,
        _ => Stage::Failed(not_listening(&start.environment)),
    };
}

/// Whether a container is being started by somebody.
pub(in crate::gcp) fn is_starting(services: &Services) -> bool {
    let mut all = services.all.values().flat_map(|service| &service.revisions);
    all.any(|revision| revision.stage == Stage::Starting)
}

/// The end of the work on a service: it is as it was wanted, or why it is not.
pub(in crate::gcp) fn finish(services: &mut Services, name: &str) -> Result<Value, Refusal> {
    services.serial += 1;
    let time = text::time(services.serial);
    let service = services.all.get_mut(name).ok_or_else(|| not_found(name))?;
    if service.body["reconciling"] == true {
        settle(service, &time);
    }
    match &service.failed {
        Some(why) => Err(why.clone()),
        None => Ok(service.body.clone()),
    }
}

/// The end of work that Google itself gave up.
pub(in crate::gcp) fn give_up(services: &mut Services, name: &str) {
    let Some(service) = services.all.get_mut(name) else { return };
    if let Some(revision) = service.revisions.last_mut().filter(|it| it.stage != Stage::Ready) {
        revision.stage =
            Stage::Failed(Refusal::new(500, "INTERNAL", "Internal error encountered."));
    }
    // Why it ended is kept with the service.
    finish(services, name).ok();
}

fn settle(service: &mut Service, time: &str) {
    let mut failed_now = None;
    for revision in &mut service.revisions {
        if revision.body["reconciling"] != true {
            continue;
        }
        match revision.stage.clone() {
            Stage::Up => {
                revision.stage = Stage::Ready;
                of_revision(&mut revision.body, How::Fine, None, time);
                service.body["latestReadyRevision"] = revision.body["name"].clone();
            }
            Stage::Failed(why) => {
                of_revision(&mut revision.body, How::Failed(&why.message), Some(&why), time);
                failed_now = Some((revision.id().to_owned(), why));
            }
            _ => {}
        }
    }
    let newest = service.revisions.last().and_then(|revision| match &revision.stage {
        Stage::Failed(why) => Some((revision.id().to_owned(), why.clone())),
        _ => None,
    });
    let routes = traffic::broken(service);
    let told = |(id, why): &(String, Refusal)| Refusal {
        message: format!("Revision '{id}' is not ready and cannot serve traffic. {}", why.message),
        ..why.clone()
    };
    let (newest, routes) = (newest.as_ref().map(told), routes.as_ref().map(told));
    if routes.is_none() && service.latest_ready().is_some() {
        service.body["trafficStatuses"] = traffic::statuses(service);
    }
    let none_ready = service.latest_ready().is_none().then(|| newest.clone()).flatten();
    let routes = routes.or(none_ready);
    // A change of the traffic alone succeeds, whatever became of the newest revision before.
    service.failed = failed_now.as_ref().map(told).or_else(|| routes.clone());
    let how = |problem: Option<&'_ Refusal>| problem.map(|problem| problem.message.clone());
    let (configuration, of_routes) = (how(newest.as_ref()), how(routes.as_ref()));
    let problem = newest.as_ref().or(routes.as_ref());
    of_service(
        &mut service.body,
        configuration.as_deref().map_or(How::Fine, How::Failed),
        of_routes.as_deref().map_or(How::Fine, How::Failed),
        problem,
        time,
    );
    if service.failed.is_none() {
        service.body["observedGeneration"] = service.body["generation"].clone();
    }
    service.body["reconciling"] = json!(false);
}

fn not_listening(environment: &BTreeMap<String, String>) -> Refusal {
    let port = environment.get("PORT").map_or("8080", String::as_str);
    let message = format!(
        "The user-provided container failed to start and listen on the port defined provided by \
         the PORT={port} environment variable within the allocated timeout. This can happen when \
         the container port is misconfigured or if the timeout is too short. The health check \
         timeout can be extended. Logs for this revision might contain more information.\n\nLogs \
         URL: https://console.cloud.google.com/logs/viewer?project={}&resource=cloud_run_revision\
         /service_name/{}/revision_name/{}\nFor more troubleshooting guidance, see \
         https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
        crate::gcp::PROJECT,
        environment.get("K_SERVICE").map_or("", String::as_str),
        environment.get("K_REVISION").map_or("", String::as_str)
    );
    Refusal::precondition(message)
}
