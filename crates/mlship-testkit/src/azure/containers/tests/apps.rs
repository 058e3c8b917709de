//! Container apps: revisions, weights, secrets.

use serde_json::{Value, json};

use super::super::super::Script;
use super::world::{APP, World};

fn app(world: &World, tag: &str, suffix: &str) -> Value {
    let server = world.login_server();
    json!({
        "location": "westeurope",
        "identity": {"type": "UserAssigned",
            "userAssignedIdentities": {world.identity_id(): {}}},
        "properties": {
            "environmentId": world.environment_id(),
            "configuration": {
                "activeRevisionsMode": "Multiple",
                "secrets": [{"name": "key", "value": "k1"}],
                "registries": [{"server": server, "identity": world.identity_id()}],
                "ingress": {"external": true, "targetPort": 8080},
            },
            "template": {
                "revisionSuffix": suffix,
                "containers": [{
                    "name": "heart", "image": format!("{server}/mlship/heart:{tag}"),
                    "resources": {"cpu": 0.5, "memory": "1Gi"},
                    "env": [{"name": "MLSHIP_KEY", "secretRef": "key"},
                        {"name": "WHO", "value": suffix}],
                }],
            },
        },
    })
}

fn put(world: &World, tag: &str, suffix: &str) -> Value {
    world.done("PUT", &world.app_id(), APP, &app(world, tag, suffix))
}

fn weights(all: &[(&str, u8)]) -> Value {
    let rule = |(suffix, weight): &(&str, u8)| json!({"revisionName": format!("heart--{suffix}"), "weight": weight});
    let traffic: Vec<Value> = all.iter().map(rule).collect();
    json!({"properties": {"configuration": {"ingress": {"traffic": traffic}}}})
}

fn revision(world: &World, suffix: &str) -> Value {
    world.get(&format!("{}/revisions/heart--{suffix}", world.app_id()), APP)
}

fn ask(world: &World, host: &str) -> String {
    let key = [("x-api-key", "k1")];
    String::from_utf8(world.call("POST", host, "/predict", &key, b"x").body).expect("text")
}

#[test]
fn weights_spread_calls_over_revisions_that_stay_as_they_are() {
    let world = World::furnished();
    assert_eq!(put(&world, "v1", "v1")["status"], "Succeeded");
    let fixed = weights(&[("v1", 100)]);
    world.done("PATCH", &world.app_id(), APP, &fixed);
    world.push("mlship/heart", "v2", b"two");
    let mut second = app(&world, "v2", "v2");
    second["properties"]["configuration"]["ingress"]["traffic"] =
        fixed["properties"]["configuration"]["ingress"]["traffic"].clone();
    world.done("PUT", &world.app_id(), APP, &second);

    let shown = world.get(&world.app_id(), APP);
    let host = shown["properties"]["configuration"]["ingress"]["fqdn"].as_str().expect("a host");
    let second = revision(&world, "v2");
    assert_eq!(second["properties"]["trafficWeight"], 0);
    assert_eq!(second["properties"]["runningState"], "Running");
    let own = second["properties"]["fqdn"].as_str().expect("a host of its own");
    assert_eq!(ask(&world, own), "two|v2|x");
    assert_eq!(ask(&world, host), "one|v1|x");

    world.done("PATCH", &world.app_id(), APP, &weights(&[("v1", 75), ("v2", 25)]));
    let answers: Vec<String> = (0..100).map(|_| ask(&world, host)).collect();
    assert_eq!(answers.iter().filter(|answer| *answer == "two|v2|x").count(), 25);
    for wrong in [&[("v1", 50)][..], &[("v1", 50), ("v3", 50)]] {
        assert_eq!(world.arm("PATCH", &world.app_id(), APP, &weights(wrong)).status, 400);
    }
    let off = format!("{}/revisions/heart--v2/deactivate", world.app_id());
    assert_eq!(world.arm("POST", &off, APP, &Value::Null).status, 200);
    assert_eq!(world.call("GET", own, "/healthz", &[], b"").status, 404);
}

#[test]
fn a_suffix_is_used_once_and_the_same_template_makes_nothing_new() {
    let world = World::furnished();
    put(&world, "v1", "v1");
    assert_eq!(put(&world, "v1", "v1")["status"], "Succeeded");
    world.push("mlship/heart", "v2", b"two");
    let failed = put(&world, "v2", "v1");
    assert_eq!(failed["status"], "Failed");
    assert_eq!(failed["error"]["code"], "ContainerAppOperationError");
    let message = failed["error"]["message"].as_str().expect("a message");
    assert!(message.contains("revision with suffix v1 already exists"), "{message}");
    let all = world.get(&format!("{}/revisions", world.app_id()), APP);
    assert_eq!(all["value"].as_array().map(Vec::len), Some(1));
}

#[test]
fn secrets_are_written_and_read_back_in_one_place_alone() {
    let world = World::furnished();
    put(&world, "v1", "v1");
    let shown = world.get(&world.app_id(), APP);
    assert_eq!(shown["properties"]["configuration"]["secrets"], json!([{"name": "key"}]));
    let list = format!("{}/listSecrets", world.app_id());
    let listed = world.arm("POST", &list, APP, &Value::Null).value();
    assert_eq!(listed["value"][0]["value"], "k1");
    let host = shown["properties"]["configuration"]["ingress"]["fqdn"].as_str().expect("a host");
    assert_eq!(world.call("POST", host, "/predict", &[], b"x").status, 401);
    assert_eq!(world.call("GET", host, "/readyz", &[], b"").status, 200);
    // A change that says nothing of the secret leaves it.
    world.done("PATCH", &world.app_id(), APP, &json!({"tags": {"a": "b"}}));
    assert_eq!(world.arm("POST", &list, APP, &Value::Null).value(), listed);
}

#[test]
fn an_image_is_not_pulled_without_the_role_and_a_size_must_be_one_of_the_pairs() {
    let world = World::furnished();
    let role = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/\
         11111111-1111-4111-8111-111111111111",
        world.registry_id()
    );
    world.arm("DELETE", &role, "2022-04-01", &Value::Null);
    let failed = put(&world, "v1", "v1");
    assert_eq!(failed["status"], "Failed");
    let message = failed["error"]["message"].as_str().expect("a message");
    assert!(message.contains("UNAUTHORIZED"), "{message}");
    world.role("33333333-3333-4333-8333-333333333333", &world.pull_role());
    assert_eq!(put(&world, "v1", "v1")["status"], "Succeeded", "the same again is enough");
    let mut large = app(&world, "v1", "v2");
    large["properties"]["template"]["containers"][0]["resources"]["memory"] = json!("8Gi");
    let refused = world.arm("PUT", &world.app_id(), APP, &large);
    assert_eq!(refused.value()["error"]["code"], "ContainerAppInvalidResourceTotal");
}

#[test]
fn a_revision_that_has_just_begun_does_not_answer_yet() {
    let world = World::furnished();
    world.cloud.play(Script { lag: 2, ..Script::default() });
    put(&world, "v1", "v1");
    // The first looks at the app itself find nothing either.
    assert!(world.get(&world.app_id(), APP)["error"].is_object());
    assert!(world.get(&world.app_id(), APP)["error"].is_object());
    let first = revision(&world, "v1");
    assert_eq!(first["properties"]["provisioningState"], "Provisioning");
    let own = first["properties"]["fqdn"].as_str().expect("a host of its own");
    assert_eq!(world.call("GET", own, "/healthz", &[], b"").status, 503);
    assert_eq!(revision(&world, "v1")["properties"]["provisioningState"], "Provisioned");
    assert_eq!(ask(&world, own), "one|v1|x");
}

#[test]
fn a_replica_log_is_read_with_the_app_token() {
    let world = World::furnished();
    put(&world, "v1", "v1");
    world.cloud.log(&world.app_id(), 1, "first");
    world.cloud.log(&world.app_id(), 2, "second");
    let replicas = format!("{}/revisions/heart--v1/replicas", world.app_id());
    let replica = world.get(&replicas, APP)["value"][0].clone();
    let stream = replica["properties"]["containers"][0]["logStreamEndpoint"].clone();
    let stream = stream.as_str().and_then(|text| text.strip_prefix("http://")).expect("an address");
    let (host, path) = stream.split_once('/').expect("a path");
    let token = format!("{}/getAuthtoken", world.app_id());
    let token = world.arm("POST", &token, APP, &Value::Null).value();
    let bearer = format!("Bearer {}", token["properties"]["token"].as_str().expect("a token"));
    let read = |headers: &[(&str, &str)]| {
        world.call("GET", host, &format!("/{path}?tailLines=1"), headers, b"")
    };
    assert_eq!(read(&[("authorization", &bearer)]).body, b"second\n");
    assert_eq!(read(&[("authorization", "Bearer another")]).status, 401);
}
