//! A registry, its tokens, and who may pull.

use serde_json::{Value, json};

use super::super::super::Script;
use super::super::super::http::Response;
use super::world::{MANIFEST, World};

fn code(response: &Response) -> String {
    response.value()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_token_is_good_for_what_it_was_bought_for_alone() {
    let world = World::new();
    world.registry();
    let host = world.login_server();
    let asked = world.call("GET", &host, "/v2/", &[], b"");
    let challenge = asked.headers.iter().find(|(name, _)| name == "www-authenticate");
    let wanted = format!("Bearer realm=\"http://{host}/oauth2/token\",service=\"{host}\"");
    assert_eq!((asked.status, &*challenge.expect("a challenge").1), (401, &*wanted));

    world.push("mlship/heart", "v1", b"one");
    let bearer = format!("Bearer {}", world.registry_token("repository:mlship/heart:pull"));
    let with = [("authorization", bearer.as_str()), ("accept", MANIFEST)];
    let status = |method: &str, path: &str| world.call(method, &host, path, &with, b"").status;
    assert_eq!(status("GET", "/v2/mlship/heart/manifests/v1"), 200);
    assert_eq!(status("POST", "/v2/mlship/heart/blobs/uploads/"), 401, "it is for pulling");
    assert_eq!(status("GET", "/v2/mlship/other/manifests/v1"), 401, "it is for one repository");

    let nobody = "Basic YWRtaW46cGFzc3dvcmQ=";
    let login = [("authorization", nobody)];
    let target = format!("/oauth2/token?service={host}&scope=repository:mlship/heart:pull");
    assert_eq!(world.call("GET", &host, &target, &login, b"").status, 401, "no admin user");
    assert!(world.cloud.calls().iter().any(|call| call.path.contains("/manifests/v1")));
}

#[test]
fn images_go_with_their_registry() {
    let world = World::new();
    world.registry();
    world.push("mlship/heart", "v1", b"one");
    let image = "image heartregistry/mlship/heart:v1".to_owned();
    assert!(world.cloud.contents().contains(&image));
    world.push("mlship/lung", "v1", b"two");
    let bearer = format!("Bearer {}", world.registry_token("repository:mlship/lung:delete"));
    let remove = |repository: &str| {
        let with = [("authorization", bearer.as_str())];
        let path = format!("/acr/v1/{repository}");
        world.call("DELETE", &world.login_server(), &path, &with, b"").status
    };
    assert_eq!((remove("mlship/heart"), remove("mlship/lung")), (401, 202));
    let images = world.cloud.contents();
    let images: Vec<&String> = images.iter().filter(|it| it.starts_with("image ")).collect();
    assert_eq!(images, [&image]);
    world.done("DELETE", &world.registry_id(), "2025-11-01", &Value::Null);
    world.registry();
    assert!(!world.cloud.contents().contains(&image), "one of the same name is another");
    world.cloud.take_name("otherregistry");
    let taken = world.registry_id().replace("heartregistry", "otherregistry");
    let body = json!({"location": "westeurope", "sku": {"name": "Basic"}});
    let refused = world.arm("PUT", &taken, "2025-11-01", &body);
    assert_eq!((refused.status, &*code(&refused)), (409, "AlreadyInUse"));
}

#[test]
fn a_role_is_given_once_and_to_somebody_who_is_known() {
    let world = World::new();
    world.registry();
    world.cloud.play(Script { lag: 1, ..Script::default() });
    world.identity();
    world.cloud.play(Script::default());
    let (one, two) =
        ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    // The first look at what is new finds nothing.
    world.get(&world.identity_id(), "2024-11-30");
    let body = world.pull_role();
    let early = world.role(one, &body);
    assert_eq!((early.status, &*code(&early)), (400, "PrincipalNotFound"));
    assert_eq!(world.role(one, &body).status, 201);
    assert_eq!(world.role(one, &body).status, 200, "the same again");
    let again = world.role(two, &body);
    assert_eq!((again.status, &*code(&again)), (409, "RoleAssignmentExists"));
    assert_eq!(code(&world.role("no-guid", &body)), "InvalidRoleAssignmentId");
    let list = format!("{}/providers/Microsoft.Authorization/roleAssignments", world.registry_id());
    let listed = world.get(&list, "2022-04-01");
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(1));
}
