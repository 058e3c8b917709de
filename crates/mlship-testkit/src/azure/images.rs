//! The images that sites run from.

use std::sync::Arc;

use super::containers;
use super::state::State;

/// The layers' tars of an image, one after the other; `None` when there is no such image.
pub(super) fn image(state: &mut State, reference: &str) -> Option<Arc<Vec<u8>>> {
    containers::image(state, reference)
}
