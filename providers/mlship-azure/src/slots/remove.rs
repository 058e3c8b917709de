//! Takes the service away, and what it has in a registry of the user's.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;

use crate::config::Package;
use crate::connect::Cloud;
use crate::remove;

use super::program::Names;

/// Removes all of it; the answer names what was there.
pub(crate) async fn remove(
    cloud: &Cloud,
    names: &Names,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    if names.package == Package::Image && cloud.config.registry.is_some() {
        return remove::with_images(cloud, &names.place, progress).await;
    }
    remove::remove(cloud, &names.place.service, progress).await
}
