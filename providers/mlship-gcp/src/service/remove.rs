//! Takes away everything that mlship made for a service, and nothing else. Each part may be gone
//! already; a run that was cut is finished by the next.

use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_lro::Poller as _;
use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::found::{self, Owner, Service};
use super::function::Function;
use crate::config::Kind;
use crate::connect::Cloud;
use crate::error::{Call, translate};
use crate::names::{Owner as Keeper, Place};

/// How often something that is under way is tried again.
const TRIES: u32 = 8;
/// How often a repository is looked for that is not there: one is made in some seconds.
const LOOKS: u32 = 10;

/// Removes all of it; the answer names what was there. One part that cannot go keeps no other.
pub(crate) async fn remove(
    cloud: &Cloud,
    place: &Place,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    let work = Work { cloud, place, progress };
    let mut removed = Removed::new();
    let mut failures = Vec::new();
    // What runs goes first, then what it was made of.
    let function = work.function().await;
    let service = work.service().await;
    let bucket = work.bucket().await;
    let repository = match &service {
        Ok(Found::Nothing) => work.late_repository().await,
        _ => work.repository().await,
    };
    let parts = [
        (format!("function {}", place.service), function),
        (format!("service {}", place.service), service),
        (format!("bucket {}", place.bucket()), bucket),
        (format!("repository {}", place.repository()), repository),
    ];
    let mut foreign = None;
    for (what, outcome) in parts {
        match outcome {
            Ok(Found::Gone) => removed.push(what),
            Ok(Found::Nothing) => {}
            Ok(Found::Foreign(what)) => foreign = Some(what),
            Err(error) if is_off(&error) => {}
            Err(error) => failures.push((what, error)),
        }
    }
    told(failures)?;
    match foreign {
        Some(what) if removed.is_empty() => Err(found::foreign("remove", what, &place.service)),
        _ => Ok(removed),
    }
}

/// Whether there was something to remove.
enum Found {
    Gone,
    Nothing,
    /// Somebody else's, which stays.
    Foreign(&'static str),
}

struct Work<'w> {
    cloud: &'w Cloud,
    place: &'w Place,
    progress: &'w dyn Progress,
}

impl Work<'_> {
    /// The function, and with it the service under it.
    async fn function(&self) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let found = Function::look_at_any(cloud, place).await?;
        if !found.is_some_and(|function| function.is_of(&place.service)) {
            return Ok(Found::Nothing);
        }
        progress.step(&format!("delete function {}", place.service));
        let call = Call::new("delete the function", &place.service);
        for left in (0..TRIES).rev() {
            let deleting = cloud.functions.delete_function().set_name(place.function());
            let gone = deleting.with_idempotency(true).poller().until_done().await;
            match gone.map_err(|error| translate(call, error)) {
                Err(error) if error.kind == ErrorKind::Conflict && left > 0 => {
                    self.until_quiet().await?;
                }
                Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                _ => break,
            }
        }
        Ok(Found::Gone)
    }

    /// Waits while a deploy that was cut goes on by itself.
    async fn until_quiet(&self) -> Result<(), ProviderError> {
        use google_cloud_functions_v2::model::function::State;
        for _ in 0..self.cloud.pace.polls {
            tokio::time::sleep(self.cloud.pace.poll).await;
            let found = Function::look_at_any(self.cloud, self.place).await?;
            let state = found.map(|function| function.body.state);
            if !matches!(state, Some(State::Deploying | State::Deleting)) {
                break;
            }
        }
        Ok(())
    }

    /// The service, with its revisions and its roles.
    async fn service(&self) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let Some(found) = Service::look_at_any(cloud, place).await? else {
            return Ok(Found::Nothing);
        };
        if found.owner == Owner::Other {
            return Ok(Found::Foreign(found::what(&found)));
        }
        progress.step(&format!("delete service {}", place.service));
        let call = Call::new("delete the service", &place.service);
        for left in (0..TRIES).rev() {
            let deleting = cloud.services.delete_service().set_name(place.service());
            let gone = deleting.with_idempotency(true).poller().until_done().await;
            match gone.map_err(|error| translate(call, error)) {
                Err(error) if error.kind == ErrorKind::Conflict && left > 0 => {
                    tokio::time::sleep(cloud.pace.poll).await;
                }
                Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                _ => break,
            }
        }
        Ok(Found::Gone)
    }

    /// The bucket, with all that is in it.
    async fn bucket(&self) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let name = place.bucket();
        let found = match cloud.rest.bucket(&name).await {
            // Of somebody else's project: nobody outside may look at it.
            Err(error) if error.kind == ErrorKind::Denied && !is_permission(&error) => None,
            found => found?,
        };
        if found.is_none_or(|bucket| bucket.project_label.as_ref() != Some(&place.service)) {
            return Ok(Found::Nothing);
        }
        progress.step(&format!("delete bucket {name}"));
        cloud.rest.delete_bucket(&name).await?;
        Ok(Found::Gone)
    }

    /// The same where a deploy may have been cut while the repository was being made: Google shows
    /// it only once it is there, and no list of what is under way.
    async fn late_repository(&self) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let may_come =
            cloud.config.kind == Kind::CloudRunImage && place.repository_owner() == Keeper::Mlship;
        let name = place.repository_name();
        if may_come && cloud.rest.repository(&name).await?.is_none() {
            progress.step("wait a moment for a repository that may be in the making");
            for _ in 0..LOOKS {
                tokio::time::sleep(cloud.pace.poll).await;
                if cloud.rest.repository(&name).await?.is_some() {
                    break;
                }
            }
        }
        self.repository().await
    }

    /// The repository of images; of one of the user's own, the service's images.
    async fn repository(&self) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let name = place.repository_name();
        let Some(found) = cloud.rest.repository(&name).await? else { return Ok(Found::Nothing) };
        if place.repository_owner() == Keeper::User {
            return self.images(&name).await;
        }
        if found.project_label.as_ref() != Some(&place.service) {
            return Ok(Found::Nothing);
        }
        progress.step(&format!("delete repository {}", place.repository()));
        cloud.rest.delete_repository(&name).await?;
        Ok(Found::Gone)
    }

    async fn images(&self, repository: &str) -> Result<Found, ProviderError> {
        let Self { cloud, place, progress } = self;
        let images = match cloud.rest.images(repository, &place.service).await {
            Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
            images => images?,
        };
        for image in &images {
            progress.step(&format!("delete image {}", image.digest));
            cloud.rest.delete_image(image).await?;
        }
        Ok(if images.is_empty() { Found::Nothing } else { Found::Gone })
    }
}

/// With its API off there can be nothing of a kind.
fn is_off(error: &ProviderError) -> bool {
    error.kind != ErrorKind::Unavailable
        && error.hints.iter().any(|hint| hint.contains("services enable"))
}

/// Whether a permission is named that is missing: then it may well be there.
fn is_permission(error: &ProviderError) -> bool {
    format!("{} {}", error.reason, error.hints.join(" ")).contains("storage.")
}

/// The first failure, with all that is left because of them.
fn told(failures: Vec<(String, ProviderError)>) -> Result<(), ProviderError> {
    let (left, errors): (Vec<_>, Vec<_>) = failures.into_iter().unzip();
    let Some(first) = errors.into_iter().next() else { return Ok(()) };
    Err(first.with_hint(format!("still there: {}", left.join(", "))))
}
