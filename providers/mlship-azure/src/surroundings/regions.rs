//! Which locations have a plan of functions or web apps.

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::failed;

/// A tier of plans: `FlexConsumption`, `ElasticPremium`, `PremiumV3`, ….
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plans(pub(crate) &'static str);

/// Refuses a location without plans of this tier, and says which have them.
pub(crate) async fn refuse_region(cloud: &Cloud, plans: Plans) -> Result<(), ProviderError> {
    let location = &cloud.config.location;
    let call = Call { operation: "find the plans of the location", resource: location };
    let web = Id::of(format!("/subscriptions/{}/providers/Microsoft.Web", cloud.subscription));
    let regions = cloud.arm.list(call, &web, "geoRegions", &[("sku", plans.0)]).await?;
    let plain = |name: &str| name.replace(' ', "").to_ascii_lowercase();
    let mut there: Vec<String> =
        regions.iter().filter_map(|region| region["name"].as_str()).map(plain).collect();
    if there.contains(&plain(location)) {
        return Ok(());
    }
    there.sort();
    let kind = cloud.config.kind.as_str();
    let reason = format!("kind `{kind}` is not offered there");
    let error = failed(ErrorKind::Refused, "deploy to", location, reason);
    let list = there.join(", ");
    Err(error.with_hint(format!("set `location: …` in `targets.azure` to one of: {list}")))
}
