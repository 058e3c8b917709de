//! Moves traffic to a version that exists.

use mlship_core::deployment::Route;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::found::Service;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;

/// What is tried here, in words.
pub(crate) const OPERATION: &str = "move the traffic of";

/// Moves the traffic of `service`, and says to which version.
pub(crate) async fn route(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    route: &Route,
) -> Result<String, ProviderError> {
    let _ = (cloud, service, route);
    Err(failed(ErrorKind::Refused, OPERATION, &place.service, "it cannot be moved yet"))
}
