//! Calls on the Web provider itself: free names, regions, stacks.

use serde_json::{Value, json};

use super::{SITES, site, skus};
use crate::azure::arm::LOCATIONS;
use crate::azure::http::{Request, Response};
use crate::azure::state::State;

/// `words` follow `Microsoft.Web`.
pub(super) fn serve(state: &State, request: &Request, words: &[&str]) -> Option<Response> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let answer = match (request.method.as_str(), lower.as_slice()) {
        ("POST", ["checknameavailability"]) => name(state, &request.json()),
        ("GET", ["georegions"]) => regions(&request.query("sku").unwrap_or_default()),
        ("GET", ["functionappstacks"] | ["locations", _, "functionappstacks"]) => stacks(),
        _ => return None,
    };
    Some(Response::json(200, &answer))
}

fn name(state: &State, sent: &Value) -> Value {
    let name = sent["name"].as_str().unwrap_or_default();
    if let Some(why) = site::why_not(name) {
        return json!({"nameAvailable": false, "reason": "Invalid", "message": why});
    }
    if state.is_taken(SITES, name) {
        let message = format!("Hostname '{name}' already exists. Please select a different name.");
        return json!({"nameAvailable": false, "reason": "AlreadyExists", "message": message});
    }
    json!({"nameAvailable": true, "reason": "", "message": ""})
}

fn regions(sku: &str) -> Value {
    let has = LOCATIONS.iter().filter(|(name, _)| skus::is_in(sku, name));
    let one = |(name, display): &(&str, &str)| {
        json!({
            "id": format!("/subscriptions/{}/providers/Microsoft.Web/geoRegions/{display}",
                crate::azure::SUBSCRIPTION),
            "name": display, "type": "Microsoft.Web/geoRegions",
            "properties": {"name": display, "description": null, "displayName": display,
                "orgDomain": format!("PUBLIC;FUNCTIONS;DYNAMIC;LINUX;{name}")},
        })
    };
    json!({"value": has.map(one).collect::<Vec<_>>(), "nextLink": null, "id": null})
}

/// The one stack that custom handlers need.
fn stacks() -> Value {
    let settings = json!({
        "runtimeVersion": "1.0", "isAutoUpdate": false, "isDefault": true,
        "remoteDebuggingSupported": false,
        "appInsightsSettings": {"isSupported": true},
        "gitHubActionSettings": {"isSupported": false},
        "appSettingsDictionary": {"FUNCTIONS_WORKER_RUNTIME": "custom"},
        "siteConfigPropertiesDictionary": {"use32BitWorkerProcess": false, "linuxFxVersion": ""},
        "supportedFunctionsExtensionVersions": ["~4"],
        "Sku": [{"skuCode": "FC1", "instanceMemoryMB": [
            {"size": 512, "isDefault": false}, {"size": 2048, "isDefault": true},
            {"size": 4096, "isDefault": false}],
            "maximumInstanceCount": {"lowestMaximumInstanceCount": 1,
                "highestMaximumInstanceCount": 1000, "defaultValue": 100},
            "functionAppConfigProperties": {"runtime": {"name": "custom", "version": "1.0"}}}],
    });
    json!({"value": [{
        "id": null, "name": "custom", "type": "Microsoft.Web/functionAppStacks?stackOsType=All",
        "properties": {
            "displayText": "Custom Handler", "value": "custom", "preferredOs": "linux",
            "majorVersions": [{"displayText": "Custom Handler", "value": "custom",
                "minorVersions": [{"displayText": "Custom Handler", "value": "1.0",
                    "stackSettings": {"linuxRuntimeSettings": settings}}]}],
        },
    }], "nextLink": null, "id": null})
}
