//! What a service wrote.

use mlship_core::deployment::{LogLine, LogQuery};
use mlship_core::provider::ProviderError;

use crate::connect::Cloud;
use crate::names::Place;

/// Its lines, oldest first.
pub(crate) async fn logs(
    cloud: &Cloud,
    place: &Place,
    query: &LogQuery,
) -> Result<Vec<LogLine>, ProviderError> {
    let _ = (cloud, place, query);
    Ok(Vec::new())
}
