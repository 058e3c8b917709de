//! What nobody goes back to is removed: old revisions, with their sources and images.

use std::collections::BTreeSet;

use google_cloud_lro::Poller as _;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::apply::Work;
use super::found::{Revision, Service, short};
use crate::config::Kind;
use crate::error::{Call, translate};
use crate::names::Place;
use crate::rest::registry::Kept;

/// How often something that is being changed is tried again.
const TRIES: u32 = 3;

/// Removes them, and what was tried and not accepted: nobody is to go back to that. That one cannot
/// be removed is said, and is no error: nothing runs it.
pub(crate) async fn tidy(work: &Work<'_>) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    let Some(service) = Service::look(cloud, &wanted.place).await? else { return Ok(()) };
    for left in (0..TRIES).rev() {
        match remove(work, &service).await {
            Err(error) if error.kind == ErrorKind::Conflict && left > 0 => {
                tokio::time::sleep(cloud.pace.poll).await;
            }
            Err(error) => {
                progress.step(&format!("old versions stay: {}", error.reason));
                break;
            }
            Ok(()) => break,
        }
    }
    Ok(())
}

/// Removes what nobody goes back to. One that cannot go keeps no other; the first such is the error.
async fn remove(work: &Work<'_>, service: &Service) -> Result<(), ProviderError> {
    let mut stay = service.kept();
    // What somebody else tries now, and the last one made, which Google does not give away.
    let held = service.on_trial();
    let last = short(&service.body.latest_created_revision);
    let is_held = |one: &&Revision| held.contains(&one.name.as_str()) || one.name == last;
    stay.extend(service.revisions.iter().filter(is_held));
    let kept: Vec<&str> = stay.iter().map(|revision| revision.name.as_str()).collect();
    // What an adopted service had before is its owner's.
    let old =
        |revision: &&Revision| revision.stamp.is_some() && !kept.contains(&revision.name.as_str());
    let old: Vec<&Revision> = service.revisions.iter().filter(old).collect();
    let package =
        |revision: &Revision| revision.stamp.as_ref().map(|stamp| stamp.package_sha256.clone());
    let needed: BTreeSet<String> = stay.into_iter().filter_map(package).collect();
    let images = if old.is_empty() { Vec::new() } else { images(work).await? };
    let mut outcome = Ok(());
    for revision in old {
        let unneeded = package(revision).filter(|package| !needed.contains(package));
        let gone = async {
            // Before the revision, which says what there is to remove should this be cut.
            if let Some(package) = unneeded {
                remove_package(work, &package, &images).await?;
            }
            remove_revision(work, &revision.name).await
        };
        outcome = outcome.and(gone.await);
    }
    outcome
}

async fn remove_revision(work: &Work<'_>, name: &str) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    progress.step(&format!("delete revision {name}"));
    let call = Call::new("remove the revision", name);
    let deleting = cloud.revisions.delete_revision().set_name(wanted.place.revision(name));
    let deleted = deleting.poller().until_done().await;
    match deleted.map_err(|error| translate(call, error)) {
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a revision was made of.
async fn remove_package(
    work: &Work<'_>,
    package: &str,
    images: &[Kept],
) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    if wanted.config.kind == Kind::CloudRunSource {
        let name = Place::source_object(package);
        progress.step(&format!("delete {name}"));
        cloud.rest.delete_object(&wanted.place.bucket(), &name).await?;
    }
    let of_it = |image: &&Kept| image.digest.trim_start_matches("sha256:") == package;
    for image in images.iter().filter(of_it) {
        progress.step(&format!("delete image {}", image.digest));
        cloud.rest.delete_image(image).await?;
    }
    Ok(())
}

/// All images of the service, where it has any.
async fn images(work: &Work<'_>) -> Result<Vec<Kept>, ProviderError> {
    let Work { cloud, wanted, .. } = *work;
    match wanted.config.kind {
        Kind::CloudRunImage => {
            let place = &wanted.place;
            cloud.rest.images(&place.repository_name(), &place.service).await
        }
        Kind::CloudRunSource | Kind::FunctionsV2 => Ok(Vec::new()),
    }
}
