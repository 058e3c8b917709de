//! Functions of the second generation: made through their own API, with a Cloud Run service under
//! each.

use google_cloud_functions_v2::model;
use mlship_core::plan::Step;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::apply::Work;
use super::plan::Existing;
use super::wanted::Wanted;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;

/// A function as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) body: model::Function,
}

impl Function {
    /// The function of the service's name; `None` when there is none.
    pub(crate) async fn look(cloud: &Cloud, place: &Place) -> Result<Option<Self>, ProviderError> {
        let _ = (cloud, place);
        Ok(None)
    }
}

/// What must be done to the function, in order: made, changed, given a new revision.
pub(crate) fn steps(
    function: Option<&Function>,
    existing: &Existing,
    wanted: &Wanted,
) -> Vec<Step> {
    let _ = (function.map(|function| &function.body), existing, wanted);
    Vec::new()
}

/// Makes the function as it should be. When `existing.is_new`, with a new revision, whose short
/// name is found by its stamp afterwards. The traffic stays where it is.
pub(crate) async fn make(
    work: &Work<'_>,
    existing: &Existing,
    function: Option<&Function>,
) -> Result<(), ProviderError> {
    let _ = (existing, function);
    let reason = "functions cannot be made yet";
    Err(failed(ErrorKind::Refused, "make the function", &work.wanted.place.service, reason))
}
