//! Container groups.

use serde_json::{Value, json};

use super::world::World;

const VERSION: &str = "2023-05-01";

fn group(world: &World, tag: &str) -> Value {
    let server = world.login_server();
    json!({
        "location": "westeurope",
        "identity": {"type": "UserAssigned",
            "userAssignedIdentities": {world.identity_id(): {}}},
        "properties": {
            "osType": "Linux",
            "imageRegistryCredentials": [{"server": server, "identity": world.identity_id()}],
            "ipAddress": {"type": "Public", "dnsNameLabel": "heart-1",
                "ports": [{"port": 8080, "protocol": "TCP"}]},
            "containers": [{"name": "heart", "properties": {
                "image": format!("{server}/mlship/heart:{tag}"),
                "ports": [{"port": 8080}],
                "resources": {"requests": {"cpu": 1.0, "memoryInGB": 1.5}},
                "environmentVariables": [{"name": "MLSHIP_KEY", "secureValue": "k1"},
                    {"name": "WHO", "value": tag}],
            }}],
        },
    })
}

#[test]
fn a_group_runs_its_image_and_hides_its_secrets() {
    let world = World::furnished();
    let id = world.group_id("heart");
    world.done("PUT", &id, VERSION, &group(&world, "v1"));
    let shown = world.get(&id, VERSION);
    assert_eq!(shown["properties"]["instanceView"]["state"], "Running");
    assert!(!shown.to_string().contains("k1"), "{shown}");
    let host = shown["properties"]["ipAddress"]["fqdn"].as_str().expect("a host").to_owned();
    let ask = || world.call("POST", &host, "/predict", &[("authorization", "Bearer k1")], b"x");
    assert_eq!(ask().body, b"one|v1|x");
    assert_eq!(world.call("POST", &host, "/predict", &[], b"x").status, 401);

    world.push("mlship/heart", "v2", b"two");
    world.done("PUT", &id, VERSION, &group(&world, "v2"));
    assert_eq!(ask().body, b"two|v2|x");
    let stop = format!("{id}/stop");
    assert_eq!(world.arm("POST", &stop, VERSION, &Value::Null).status, 204);
    assert_eq!(ask().status, 502);
    world.done("POST", &format!("{id}/start"), VERSION, &Value::Null);
    assert_eq!(ask().status, 200);
    world.cloud.log(&id, 1, "begun");
    let logs = world.get(&format!("{id}/containers/heart/logs"), VERSION);
    assert_eq!(logs["content"], "begun\n");
}

#[test]
fn what_a_group_may_not_be_is_refused_in_azures_words() {
    let world = World::furnished();
    world.done("PUT", &world.group_id("heart"), VERSION, &group(&world, "v1"));
    let code = |name: &str, body: &Value| {
        let refused = world.arm("PUT", &world.group_id(name), VERSION, body).value();
        refused["error"]["code"].as_str().unwrap_or_default().to_owned()
    };
    let with = |at: &str, value: Value| {
        let mut body = group(&world, "v1");
        *body.pointer_mut(at).expect("it is there") = value;
        body
    };
    assert_eq!(code("lung", &group(&world, "v1")), "DnsNameLabelNotAvailable");
    let image = "/properties/containers/0/properties/image";
    let missing = json!(format!("{}/mlship/heart:v9", world.login_server()));
    assert_eq!(code("heart", &with(image, missing)), "InaccessibleImage");
    let cores = "/properties/containers/0/properties/resources/requests/cpu";
    assert_eq!(code("heart", &with(cores, json!(2.0))), "InvalidContainerGroupUpdate");
    assert_eq!(code("lung", &with(cores, json!(5.0))), "ServiceUnavailable");
    world.cloud.exhaust("Microsoft.ContainerInstance/containerGroups");
    let label = "/properties/ipAddress/dnsNameLabel";
    assert_eq!(code("lung", &with(label, json!("lung-1"))), "ContainerGroupQuotaReached");
}
