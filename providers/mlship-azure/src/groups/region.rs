//! What a region lets container groups have: asked of Azure, before anything is made.

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::wanted::Wanted;
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::failed;

fn location(wanted: &Wanted) -> Id {
    let place = &wanted.place;
    Id::of(format!(
        "/subscriptions/{}/providers/Microsoft.ContainerInstance/locations/{}",
        place.subscription, place.location
    ))
}

/// Refuses a size that the region does not have.
pub(super) async fn refuse_size(cloud: &Cloud, wanted: &Wanted) -> Result<(), ProviderError> {
    let name = &wanted.place.location;
    let call = Call { operation: "find the sizes of containers in", resource: name };
    let all = cloud.arm.list(call, &location(wanted), "capabilities", &[]).await?;
    let fits = |one: &&Value| one["osType"] == "Linux" && one["gpu"].as_str() != Some("P100");
    let most = |key: &str| {
        let found = all.iter().filter(fits).filter_map(|one| one["capabilities"][key].as_f64());
        found.fold(0.0, f64::max)
    };
    let (cores, memory) = (most("maxCpu"), most("maxMemoryInGB"));
    let reason = match () {
        () if cores == 0.0 => "there are no Linux container groups there".to_owned(),
        () if wanted.memory_gb() > memory => {
            format!(
                "{} GB of memory are asked for, and a group has at most {memory} GB there",
                wanted.memory_gb()
            )
        }
        () if f64::from(wanted.cores) > cores => {
            format!("{} CPUs are asked for, and a group has at most {cores} there", wanted.cores)
        }
        () => return Ok(()),
    };
    let error = failed(ErrorKind::Refused, "deploy to", name, reason);
    Err(error.with_hint(
        "ask for less `memory-mb: …`, set another `location: …`, or use `kind: container-apps`",
    ))
}

/// Says which key of the manifest has to do with a refusal, and how much of a quota is used.
pub(super) async fn explain(cloud: &Cloud, wanted: &Wanted, error: ProviderError) -> ProviderError {
    if error.reason.to_ascii_lowercase().contains("dns name label") {
        let hint = format!(
            "somebody else has `{}` in this region: choose another: `app: …` in `targets.azure`",
            wanted.label
        );
        return error.with_hint(hint);
    }
    if error.kind != ErrorKind::Quota {
        return crate::surroundings::explain(error);
    }
    let call = Call { operation: "read the quotas of", resource: &wanted.place.location };
    // What is used is an addition: that it cannot be had is no other error.
    let usages = cloud.arm.list(call, &location(wanted), "usages", &[]).await.unwrap_or_default();
    usages.iter().filter_map(words).fold(error, ProviderError::with_hint)
}

fn words(usage: &Value) -> Option<String> {
    let name = usage["name"]["localizedValue"].as_str()?;
    Some(format!("{name}: {} of {} are used", usage["currentValue"], usage["limit"]))
}
