//! What the documents let pass, and what not.

use serde_json::{Value, json};

use super::*;

fn request(method: &str, target: &str, body: &Value) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.into(),
        host: "127.0.0.1".into(),
        path: path.into(),
        query: query.into(),
        headers: Default::default(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        arrived: Arrived::Whole,
    }
}

const SERVICES: &str = "/v2/projects/p/locations/l/services";

fn service() -> Value {
    json!({
        "labels": {"mlship-project": "heart"}, "launchStage": "BETA",
        "template": {
            "timeout": "60s", "maxInstanceRequestConcurrency": 8,
            "scaling": {"minInstanceCount": 0, "maxInstanceCount": 3},
            "containers": [{"image": "scratch", "command": ["./bootstrap"],
                "env": [{"name": "A", "value": "b"}],
                "resources": {"limits": {"cpu": "1", "memory": "512Mi"}}}],
        },
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
    })
}

#[test]
fn a_service_as_clients_send_it_passes_with_enums_by_number_too() {
    let discovery = Discovery::load();
    let target = format!("{SERVICES}?serviceId=heart&$alt=json;enum-encoding%3Dint");
    let mut body = service();
    let by_name = request("POST", &target, &body);
    let ask = discovery.ask(&by_name).unwrap();
    assert_eq!(ask.id, "run.projects.locations.services.create");
    assert_eq!(ask.path("parent"), "projects/p/locations/l");
    assert_eq!(ask.body, body);
    body["launchStage"] = json!(3);
    body["traffic"][0]["type"] = json!(1);
    let by_number = request("POST", &target, &body);
    assert_eq!(discovery.ask(&by_number).unwrap().body, service());
}

/// Each is one mistake in a call that is right otherwise, and a word of what is said of it.
#[test]
fn a_doctored_call_is_refused_at_its_place() {
    let discovery = Discovery::load();
    let mistakes: [(&str, Value, &str); 11] = [
        (
            "/template/containers/0/port",
            json!(8080),
            "Unknown name \"port\" at 'template.containers[0]'",
        ),
        ("/lables", json!({}), "Unknown name \"lables\""),
        ("/labels/a", json!(1), "'labels.a'"),
        ("/template/timeout", json!("60"), "'template.timeout'"),
        ("/template/timeout", json!(60), "'template.timeout'"),
        ("/template/scaling/minInstanceCount", json!(0.5), "'template.scaling.minInstanceCount'"),
        ("/launchStage", json!("Beta"), "'launchStage'"),
        ("/launchStage", json!(77), "'launchStage'"),
        ("/traffic/0/type", json!(9), "'traffic[0].type'"),
        ("/traffic", json!({}), "'traffic'"),
        ("/template/containers/0/command", json!("./bootstrap"), "containers[0].command"),
    ];
    for (at, value, told) in mistakes {
        let mut body = service();
        let (parent, name) = at.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        let call = request("POST", &format!("{SERVICES}?serviceId=heart"), &body);
        let refusal = discovery.ask(&call).err().expect(at);
        assert_eq!(refusal.status, "INVALID_ARGUMENT");
        assert!(refusal.message.contains(told), "{at}: {}", refusal.message);
    }
}

#[test]
fn a_doctored_address_is_refused() {
    let discovery = Discovery::load();
    let object = "/storage/v1/b/heart/o";
    for (method, target, told) in [
        ("GET", "/v2/projects/p/locations/l/servises", "not found"),
        ("GET", "/v2/projects/p/services", "not found"),
        ("PUT", &format!("{SERVICES}/heart"), "not found"),
        ("GET", &format!("{SERVICES}?pageSise=1"), "pageSise"),
        ("GET", &format!("{SERVICES}?pageSize=many"), "pageSize"),
        ("GET", &format!("{SERVICES}?showDeleted=1"), "showDeleted"),
        ("GET", &format!("{SERVICES}?pageSize=1&pageSize=2"), "more than once"),
        ("PATCH", &format!("{SERVICES}/heart?updateMask=template.container"), "template.container"),
        ("POST", "/storage/v1/b", "project"),
        ("GET", &format!("{object}?upload_id=7"), "upload_id"),
        ("GET", &format!("{object}?projection=everything"), "projection"),
    ] {
        let refusal = discovery.ask(&request(method, target, &Value::Null)).err().expect(target);
        assert!(refusal.message.contains(told), "{target}: {}", refusal.message);
    }
}

#[test]
fn a_path_is_its_most_special_method() {
    let discovery = Discovery::load();
    for (method, target, id) in [
        ("GET", format!("{SERVICES}/heart"), "run.projects.locations.services.get"),
        (
            "GET",
            format!("{SERVICES}/h:getIamPolicy"),
            "run.projects.locations.services.getIamPolicy",
        ),
        ("GET", "/v1/projects/p/services:batchGet".into(), "serviceusage.services.batchGet"),
        ("GET", "/storage/v1/b/b/o/a%2Fb?alt=media".into(), "storage.objects.get"),
        (
            "POST",
            "/upload/storage/v1/b/b/o?name=a&uploadType=media".into(),
            "storage.objects.insert",
        ),
        ("PUT", "/upload/storage/v1/b/b/o?upload_id=a".into(), "storage.objects.insert"),
        ("POST", "/v2/entries:list".into(), "logging.entries.list"),
    ] {
        let call = request(method, &target, &Value::Null);
        let ask = discovery.ask(&call).map_err(|refusal| refusal.message);
        assert_eq!(ask.map(|ask| ask.id).as_deref(), Ok(id), "{target}");
    }
    let call = request("GET", "/storage/v1/b/b/o/a%2Fb%3Dc", &Value::Null);
    assert_eq!(discovery.ask(&call).unwrap_or_else(|_| panic!("found")).path("object"), "a/b=c");
}

#[test]
fn what_is_read_only_is_passed_over_and_remarked() {
    let discovery = Discovery::load();
    let mut body = service();
    (body["uri"], body["etag"]) = (json!("https://x"), json!("\"1\""));
    let call = request("PATCH", &format!("{SERVICES}/heart?updateMask=template"), &body);
    let ask = discovery.ask(&call).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    assert_eq!(ask.remarks, ["'uri' is read-only and was passed over"]);
    assert_eq!((&ask.body["uri"], &ask.body["etag"]), (&Value::Null, &json!("\"1\"")));
}

#[test]
fn an_answer_is_judged_too_and_shows_enums_as_the_caller_wants() {
    let discovery = Discovery::load();
    let call =
        request("GET", &format!("{SERVICES}/heart?$alt=json;enum-encoding%3Dint"), &Value::Null);
    let ask = discovery.ask(&call).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    let (shown, wrong) = discovery.shown(&ask, service());
    assert_eq!((&shown["launchStage"], wrong.len()), (&json!(3), 0));
    let mut invented = service();
    invented["address"] = json!("x");
    assert_eq!(discovery.shown(&ask, invented).1.len(), 1);
}
