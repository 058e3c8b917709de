//! Takes the service away. What runs images goes before what is in a registry of the user's.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;

use crate::connect::Cloud;
use crate::remove;

use super::program::Names;

/// Removes all of it; the answer names what was there.
pub(crate) async fn remove(
    cloud: &Cloud,
    names: &Names,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    remove::remove(cloud, &names.place.service, progress).await
}
