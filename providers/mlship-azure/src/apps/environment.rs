//! The environment that container apps live in: which machines its region has, and where its logs
//! go.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use super::wanted::{CONSUMPTION, Wanted};
use crate::arm::{Call, Id};
use crate::config::GPU_PROFILES;
use crate::connect::Cloud;
use crate::error::failed;
use crate::resource::Standing;
use crate::surroundings::{self, Looked};

/// Refuses a workload profile that the region does not have. Nothing is asked for a profile that
/// the environment has already, or that is everywhere.
pub(super) async fn refuse_profile(
    cloud: &Cloud,
    wanted: &Wanted,
    environment: &Looked,
) -> Result<(), ProviderError> {
    let Wanted { profile, place, .. } = wanted;
    if *profile == CONSUMPTION || environment.standing == Standing::Same {
        return Ok(());
    }
    let location = &place.location;
    let call = Call { operation: "find the workload profiles of", resource: location };
    let id = Id::of(format!(
        "/subscriptions/{}/providers/Microsoft.App/locations/{location}",
        place.subscription
    ));
    let all = cloud.arm.list(call, &id, "availableManagedEnvironmentsWorkloadProfileTypes", &[]);
    let names: Vec<String> =
        all.await?.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect();
    if names.iter().any(|name| name.eq_ignore_ascii_case(profile)) {
        return Ok(());
    }
    let reason = format!("the workload profile `{profile}` is not offered there");
    let mut error = failed(ErrorKind::Refused, "deploy to", location, reason);
    error = error.with_hint(format!("there are: {}", names.join(", ")));
    let elsewhere = match GPU_PROFILES.contains(&profile.as_str()) {
        true => {
            "or set another `location: …` in `targets.azure`, such as `swedencentral` or \
             `westus3`; a GPU takes a quota that is asked for in the portal"
        }
        false => "or set another `location: …` in `targets.azure`",
    };
    Err(error.with_hint(elsewhere))
}

/// Makes it, or changes what differs, with its logs sent to the workspace.
pub(super) async fn make(
    cloud: &Cloud,
    looked: &Looked,
    workspace: &Value,
    progress: &dyn Progress,
) -> Result<Value, ProviderError> {
    if looked.standing == Standing::Same {
        return surroundings::make(&cloud.arm, looked, progress).await;
    }
    let id = Id::of(workspace["id"].as_str().unwrap_or_default());
    let call = Call { operation: "read the key of the log workspace", resource: id.name() };
    let keys = cloud.arm.post(call, &id, "sharedKeys", &Value::Null).await?;
    let mut looked = looked.clone();
    looked.resource.body["properties"]["appLogsConfiguration"]["logAnalyticsConfiguration"] = json!({
        "customerId": workspace["properties"]["customerId"],
        "sharedKey": keys["primarySharedKey"],
    });
    surroundings::make(&cloud.arm, &looked, progress).await
}
