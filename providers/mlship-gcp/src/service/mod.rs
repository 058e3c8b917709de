//! A Cloud Run service, in which every way to run a model ends. Each version is a revision; a new
//! one gets no traffic until it has answered the samples at an address of its own, and then as much
//! as it is to get. The tags of the traffic say what is live, beside it and on trial: no state is
//! kept elsewhere.

mod accepted;
mod access;
mod apis;
mod apply;
mod check;
mod describe;
mod found;
mod function;
mod image;
mod logs;
mod make;
mod models;
mod others;
mod plan;
mod ready;
mod remove;
mod route;
mod source;
mod store;
mod template;
mod tidy;
mod traffic;
mod wanted;

use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use self::apply::Work;
use self::found::Service;
use self::plan::Existing;
use self::wanted::Wanted;
use crate::connect::Cloud;
use crate::error::{Call, failed};
use crate::names::Place;

pub(crate) async fn plan(cloud: &Cloud, release: &Release) -> Result<Plan, ProviderError> {
    let wanted = Wanted::of(release, cloud)?;
    let existing = Existing::look(cloud, &wanted, release).await?;
    Ok(existing.plan(&wanted))
}

pub(crate) async fn apply(
    cloud: &Cloud,
    release: &Release,
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<Deployment, ProviderError> {
    let wanted = &Wanted::of(release, cloud)?;
    let work = Work { cloud, release, wanted, progress };
    work.apply(plan).await.map_err(|error| wanted.placed(error))?;
    let made = describe(cloud, &look(cloud, "deploy", &wanted.place).await?, &wanted.place).await?;
    as_wanted(made, wanted.version(), release.share)
}

pub(crate) async fn find(cloud: &Cloud, name: &str) -> Result<Option<Deployment>, ProviderError> {
    let place = Place::of(&cloud.config, name);
    match Service::look_at_ours(cloud, &place, "look at").await? {
        Some(service) => describe(cloud, &service, &place).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn invoke(
    cloud: &Cloud,
    name: &str,
    request: Request<'_>,
) -> Result<Answer, ProviderError> {
    let operation = "call";
    let service = look(cloud, operation, &Place::of(&cloud.config, name)).await?;
    let door = apply::door(cloud, &service, &service.body.uri).await?;
    check::predict(cloud, &door, Call::new(operation, name), request).await
}

pub(crate) async fn route(
    cloud: &Cloud,
    name: &str,
    route: &Route,
) -> Result<Moved, ProviderError> {
    let place = Place::of(&cloud.config, name);
    let before = look(cloud, route::OPERATION, &place).await?;
    let to = route::route(cloud, &place, &before, route).await?;
    let from = describe::left(&before, &to);
    let after = look(cloud, route::OPERATION, &place).await?;
    let deployment = describe(cloud, &after, &place).await?;
    let to = deployment.versions.iter().find(|version| version.id == to).cloned();
    let to = to.ok_or_else(|| found::gone(route::OPERATION, name))?;
    Ok(Moved { from, to, deployment })
}

pub(crate) async fn logs(
    cloud: &Cloud,
    name: &str,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let place = Place::of(&cloud.config, name);
    look(cloud, "read the logs of", &place).await?;
    logs::logs(cloud, &place, query).await
}

pub(crate) async fn remove(
    cloud: &Cloud,
    name: &str,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    remove::remove(cloud, &Place::of(&cloud.config, name), progress).await
}

/// The service, which must be there.
async fn look(cloud: &Cloud, operation: &str, place: &Place) -> Result<Service, ProviderError> {
    Service::look_at_ours(cloud, place, operation).await?.ok_or_else(|| {
        let reason = format!("there is no such service in `{}`", place.location());
        let error = failed(ErrorKind::NotFound, operation, &place.service, reason);
        error.with_hint("`mlship deploy --provider gcp` makes it")
    })
}

async fn describe(
    cloud: &Cloud,
    service: &Service,
    place: &Place,
) -> Result<Deployment, ProviderError> {
    let access = access::look(cloud, place, service).await?;
    Ok(describe::describe(service, place, access))
}

/// What a deploy has made, when the version that has the traffic is the one that was to have all of
/// it: another deploy may have been faster.
fn as_wanted(made: Deployment, wanted: &str, share: Share) -> Result<Deployment, ProviderError> {
    let is = made.live.as_deref().unwrap_or("none");
    if share != Share::ALL || is == wanted {
        return Ok(made);
    }
    let reason = format!("another deploy was under way: version `{is}` is live, not `{wanted}`");
    let error = failed(ErrorKind::Conflict, "deploy", &made.name, reason);
    Err(error.with_hint("run `mlship deploy --provider gcp` again when nobody else does"))
}
