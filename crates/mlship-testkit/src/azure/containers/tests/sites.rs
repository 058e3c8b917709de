//! Web apps that run an image.

use serde_json::json;

use super::super::super::SUBSCRIPTION;
use super::super::super::Script;
use super::world::{GROUP, World};

const VERSION: &str = "2025-05-01";

#[test]
fn a_web_app_pulls_with_its_identity_and_asks_for_the_key() {
    let world = World::furnished();
    let web =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Web");
    let plan = format!("{web}/serverfarms/heart-plan");
    let body = json!({"location": "westeurope", "kind": "linux", "sku": {"name": "P1v3",
        "tier": "PremiumV3"}, "properties": {"reserved": true}});
    world.done("PUT", &plan, VERSION, &body);
    let client = world.get(&world.identity_id(), "2024-11-30")["properties"]["clientId"].clone();
    let site = |allowed: bool| {
        json!({
            "location": "westeurope", "kind": "app,linux,container",
            "identity": {"type": "UserAssigned",
                "userAssignedIdentities": {world.identity_id(): {}}},
            "properties": {"serverFarmId": plan, "reserved": true, "siteConfig": {
                "linuxFxVersion": format!("DOCKER|{}/mlship/heart:v1", world.login_server()),
                "acrUseManagedIdentityCreds": allowed,
                "acrUserManagedIdentityID": client,
                "appSettings": [{"name": "MLSHIP_KEY", "value": "k1"}],
            }},
        })
    };
    let id = format!("{web}/sites/heart-site");
    world.done("PUT", &id, VERSION, &site(false));
    let host = world.get(&id, VERSION)["properties"]["defaultHostName"].clone();
    let host = host.as_str().expect("a host");
    let ask = |headers: &[(&str, &str)]| world.call("POST", host, "/predict", headers, b"x");
    let key = [("x-api-key", "k1")];
    assert_eq!(ask(&key).status, 503, "nobody pulls for it");
    world.done("PUT", &id, VERSION, &site(true));
    assert_eq!(ask(&key).body, b"one||x");
    assert_eq!(ask(&[]).status, 401);

    // A role that was given a moment ago may not be known yet; Azure tries again by itself.
    let scope = world.registry_id();
    let of_role =
        |name: &str| format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let first = of_role("11111111-1111-4111-8111-111111111111");
    world.arm("DELETE", &first, "2022-04-01", &json!(null));
    world.cloud.play(Script { lag: 1, ..Script::default() });
    world.role("22222222-2222-4222-8222-222222222222", &world.pull_role());
    world.cloud.play(Script::default());
    let restart = format!("{id}/restart");
    assert!(world.arm("POST", &restart, VERSION, &json!(null)).status < 300);
    assert_eq!(ask(&key).status, 503);
    assert_eq!(ask(&key).status, 200);
}
