//! `Microsoft.Web/serverfarms`: what sites run on.

use serde_json::{Value, json};

use super::error::{bad, conflict, web_error};
use super::site::on_plan;
use super::{PLANS, VERSIONS, provider, skus};
use crate::azure::arm::{LOCATIONS, plain_location};
use crate::azure::http::{Request, Response};
use crate::azure::resource_type::{Course, Made, Put, ResourceType};
use crate::azure::state::{Resource, State};
use crate::azure::tags;

/// Plans.
pub(in crate::azure) struct Plans;

impl ResourceType for Plans {
    fn name(&self) -> &'static str {
        PLANS
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        tags::check(&put.body["tags"])?;
        let location = plain_location(put.text("/location").unwrap_or_default());
        let Some((_, display)) = LOCATIONS.iter().find(|(name, _)| *name == location) else {
            return Err(bad("The parameter location has an invalid value."));
        };
        let name = put.text("/sku/name").unwrap_or_default();
        let Some(sku) = skus::find(name) else {
            return Err(bad(&format!("The parameter SKU.Name has an invalid value: '{name}'.")));
        };
        if !skus::is_in(sku.tier, &location) {
            let message = format!(
                "The requested SKU '{}' is not available in region '{display}'. Try selecting \
                 different region or SKU.",
                sku.tier
            );
            return Err(web_error(400, "BadRequest", "59324", &message));
        }
        if let Some(before) = put.before
            && (before.text("/sku/tier") == "FlexConsumption") != (sku.tier == "FlexConsumption")
        {
            return Err(conflict("A plan cannot be scaled to or from Flex Consumption."));
        }
        let body = body(state, put, sku, &location, display);
        // The provider answers 200 for a new one too.
        Ok(Made::at_once(body).course(Course::Done { made: 200, changed: 200 }))
    }

    fn shown(&self, state: &State, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        body["properties"]["numberOfSites"] = json!(on_plan(state, &resource.id.text).len());
        body
    }

    fn delete(&self, state: &mut State, resource: &Resource) -> Result<Course, Response> {
        let sites = on_plan(state, &resource.id.text);
        if sites.is_empty() {
            return Ok(Course::Done { made: 200, changed: 200 });
        }
        let message = format!(
            "Server farm '{}' cannot be deleted because it has web app(s) {} assigned to it.",
            resource.id.name(),
            sites.join(", ")
        );
        Err(conflict(&message))
    }

    fn provider_call(
        &self,
        state: &mut State,
        request: &Request,
        words: &[&str],
    ) -> Option<Response> {
        provider::serve(state, request, words)
    }

    fn no_quota(&self, _location: &str) -> Response {
        let message = "This region has quota of 0 instances for your subscription. Try selecting \
                       different region or SKU.";
        web_error(401, "Unauthorized", "52020", message)
    }
}

fn body(state: &State, put: &Put<'_>, sku: skus::Sku, location: &str, display: &str) -> Value {
    let sent = &put.body["properties"];
    let kind = match sku.tier {
        "FlexConsumption" => "functionapp",
        "ElasticPremium" => "elastic",
        _ => "linux",
    };
    let capacity = put.body["sku"]["capacity"].as_u64().unwrap_or(match sku.tier {
        "FlexConsumption" => 0,
        _ => 1,
    });
    let most = sent["maximumElasticWorkerCount"].as_u64().unwrap_or(1);
    let tags = put.body["tags"].as_object().cloned().unwrap_or_default();
    json!({
        "location": display, "kind": kind, "tags": tags,
        "sku": {"name": sku.name, "tier": sku.tier, "size": sku.name, "family": sku.family,
            "capacity": capacity},
        "properties": {
            "serverFarmId": state.serial, "name": put.id.name(), "status": "Ready",
            "workerTierName": null, "numberOfWorkers": capacity, "currentNumberOfWorkers": capacity,
            "maximumNumberOfWorkers": 30, "geoRegion": display, "perSiteScaling": false,
            "elasticScaleEnabled": sku.tier == "ElasticPremium",
            "maximumElasticWorkerCount": most, "reserved": sent["reserved"] == json!(true),
            "isSpot": false, "isXenon": false, "hyperV": false, "targetWorkerCount": 0,
            "targetWorkerSizeId": 0, "provisioningState": "Succeeded", "zoneRedundant": false,
            "subscription": crate::azure::SUBSCRIPTION,
            "resourceGroup": put.id.group, "webSpace": format!("{location}webspace-Linux"),
        },
    })
}
