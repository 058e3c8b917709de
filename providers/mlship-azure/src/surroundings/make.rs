//! Makes a resource, or what differs of it.

use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;
use serde_json::Value;

use super::Looked;
use crate::arm::{Arm, Call};
use crate::resource::Standing;

/// PUTs it when it is not as it should be, and waits; what is there then is the answer. The tags
/// that others gave it are kept.
pub(crate) async fn make(
    arm: &Arm,
    looked: &Looked,
    progress: &dyn Progress,
) -> Result<Value, ProviderError> {
    let Looked { resource, found, standing } = looked;
    let verb = match standing {
        Standing::Absent => "create",
        Standing::Different(_) => "update",
        Standing::Same | Standing::Foreign => return Ok(found.clone().unwrap_or_default()),
    };
    let operation = format!("{verb} the {}", resource.noun);
    let name = resource.id.name();
    progress.step(&format!("{verb} {} {name}", resource.noun));
    let call = Call { operation: &operation, resource: name };
    let made = arm.put(call, &resource.id, &resource.over(found.as_ref())).await;
    made.map_err(explain)
}

/// Says which key of the manifest has to do with a refusal.
pub(crate) fn explain(error: ProviderError) -> ProviderError {
    let reason = error.reason.to_ascii_lowercase();
    if ["location", "region"].iter().any(|word| reason.contains(word)) {
        return error.with_hint("choose another place: `location: …` in `targets.azure`");
    }
    error
}
