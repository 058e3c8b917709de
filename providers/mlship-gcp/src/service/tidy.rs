//! What nobody goes back to is removed: old revisions, with their sources and images.

use std::collections::BTreeSet;

use google_cloud_lro::Poller as _;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::apply::Work;
use super::found::{Revision, Service, short};
use super::traffic::TRIAL;
use crate::config::Kind;
use crate::error::{Call, translate};
use crate::names::Place;

/// Removes them, and what was on trial `before` and was not accepted: nobody is to go back to that.
/// That one cannot be removed is said, and is no error: nothing runs it.
pub(crate) async fn tidy(work: &Work<'_>, before: Option<&Service>) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    let Some(service) = Service::look(cloud, &wanted.place).await? else { return Ok(()) };
    let rejected = before.map(|before| rejected(before, &service)).unwrap_or_default();
    if let Err(error) = remove(work, &service, &rejected).await {
        progress.step(&format!("old versions stay: {}", error.reason));
    }
    Ok(())
}

/// The short names of revisions that were on trial and get nothing of the traffic.
fn rejected(before: &Service, service: &Service) -> Vec<String> {
    let accepted: Vec<String> = service
        .traffic()
        .iter()
        .flat_map(|traffic| traffic.parts())
        .filter_map(|(version, _)| Some(service.revision(version)?.name.clone()))
        .collect();
    let tried = before.body.traffic.iter().filter(|target| target.tag == TRIAL);
    let tried = tried.map(|target| short(&target.revision).to_owned());
    tried.filter(|name| !accepted.contains(name)).collect()
}

async fn remove(
    work: &Work<'_>,
    service: &Service,
    rejected: &[String],
) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    let mut stay = service.kept();
    stay.retain(|revision| !rejected.contains(&revision.name));
    let kept: Vec<&str> = stay.iter().map(|revision| revision.name.as_str()).collect();
    // What an adopted service had before is its owner's.
    let old =
        |revision: &&Revision| revision.stamp.is_some() && !kept.contains(&revision.name.as_str());
    let old: Vec<&Revision> = service.revisions.iter().filter(old).collect();
    let packages =
        |revision: &&Revision| revision.stamp.as_ref().map(|stamp| stamp.package_sha256.clone());
    let needed: BTreeSet<String> = stay.iter().filter_map(packages).collect();
    let gone: BTreeSet<String> = old.iter().filter_map(packages).collect();
    let gone: Vec<&String> = gone.difference(&needed).collect();
    // Before the revisions, which say what there is to remove should this be cut.
    match wanted.config.kind {
        Kind::CloudRunSource => sources(work, &gone).await?,
        Kind::CloudRunImage => images(work, &gone).await?,
        Kind::FunctionsV2 => {}
    }
    for revision in old {
        progress.step(&format!("delete revision {}", revision.name));
        let name = wanted.place.revision(&revision.name);
        let call = Call::new("remove the revision", &revision.name);
        let deleting = cloud.revisions.delete_revision().set_name(name);
        let deleted = deleting.poller().until_done().await;
        match deleted.map_err(|error| translate(call, error)) {
            Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

async fn sources(work: &Work<'_>, packages: &[&String]) -> Result<(), ProviderError> {
    let bucket = work.wanted.place.bucket();
    for package in packages {
        let name = Place::source_object(package);
        work.progress.step(&format!("delete {name}"));
        work.cloud.rest.delete_object(&bucket, &name).await?;
    }
    Ok(())
}

async fn images(work: &Work<'_>, packages: &[&String]) -> Result<(), ProviderError> {
    if packages.is_empty() {
        return Ok(());
    }
    let place = &work.wanted.place;
    let repository = place.repository_name();
    for image in work.cloud.rest.images(&repository, &place.service).await? {
        let digest = image.digest.trim_start_matches("sha256:");
        if packages.iter().any(|package| *package == digest) {
            work.progress.step(&format!("delete image {}", image.digest));
            work.cloud.rest.delete_image(&image).await?;
        }
    }
    Ok(())
}
