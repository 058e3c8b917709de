//! Takes the service away, and what it has in a registry of the user's.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::config::Package;
use crate::connect::Cloud;
use crate::images::Images;
use crate::remove;

use super::program::Names;

/// Removes all of it; the answer names what was there.
pub(crate) async fn remove(
    cloud: &Cloud,
    names: &Names,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    let mut removed = Removed::new();
    if names.package == Package::Image && cloud.config.registry.is_some() {
        match Images::locate(cloud, &names.place).await {
            Ok(images) => removed.extend(images.leave(cloud, progress).await?),
            // The user's registry is gone, and all that was in it.
            Err(error) if error.kind == ErrorKind::Refused => {}
            Err(error) => return Err(error),
        }
    }
    removed.extend(remove::remove(cloud, &names.place.service, progress).await?);
    Ok(removed)
}
