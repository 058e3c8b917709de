//! The one place that speaks to the registry of images.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::error::{failed, with_hint};
use crate::image::Image;

/// A registry, and who one is to it.
pub(crate) struct Registry {
    /// Host and port.
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Sends what the registry lacks of the image.
pub(crate) async fn push(
    registry: &Registry,
    image: &Image,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    Err(failed(ErrorKind::Failed, "send the image to", &image.repository, "TODO"))
}
