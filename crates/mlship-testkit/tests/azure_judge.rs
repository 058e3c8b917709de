//! The judge of Azure's calls lets az's own requests pass, and nothing that is wrong.

use std::collections::BTreeMap;

use mlship_testkit::azure::judges::{self, Recorded};
use serde_json::{Value, json};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g";

#[test]
fn what_az_sends_is_valid() {
    let calls: Vec<Recorded> = judges::az_commands()
        .iter()
        .flat_map(|command| judges::az(command))
        .filter(|call| {
            call["path"].as_str().is_some_and(|path| path.starts_with("/subscriptions/"))
        })
        .map(|call| of_az(&call))
        .collect();
    assert!(calls.len() > 20, "{} calls", calls.len());
    judges::assert_valid(&calls);
}

#[test]
fn wrong_bodies_are_told() {
    let site = |body| put("Microsoft.Web/sites/a", "2025-05-01", body);
    let group = |body| put("Microsoft.ContainerInstance/containerGroups/a", "2023-05-01", body);
    let app = |body| put("Microsoft.App/containerApps/a", "2026-07-01", body);
    let container = json!({"name": "a", "properties": {"image": "b", "resources": {
        "requests": {"cpu": 1.0, "memoryInGB": 1.5}}}});
    let cases = [
        // A key that nobody knows, in both kinds of client and at depth.
        (site(json!({"location": "x", "properties": {"httpOnly": true}})), "httpOnly: unknown key"),
        (
            group(json!({"location": "x", "properties": {"osTyp": "Linux", "osType": "Linux",
                "containers": [container.clone()]}})),
            "osTyp: unknown key",
        ),
        (
            app(json!({"location": "x", "properties": {"configuration": {"ingress": {
                "targetport": 8080}}}})),
            "targetport: unknown key, there is targetPort",
        ),
        // A word that is none of the known ones.
        (
            site(json!({"location": "x", "properties": {"clientCertMode": "Sometimes"}})),
            "clientCertMode: 'Sometimes' is none of",
        ),
        (
            group(json!({"location": "x", "properties": {"osType": "Plan9",
                "containers": [container.clone()]}})),
            "osType: 'Plan9' is none of",
        ),
        // A number for a text, a text for a number.
        (site(json!({"location": 3})), "location: 3 is no str"),
        (
            site(json!({"location": "x", "properties": {"siteConfig": {"numberOfWorkers": "3"}}})),
            "numberOfWorkers: '3' is no int",
        ),
        (
            group(json!({"location": "x", "tags": {"a": 1}, "properties": {"osType": "Linux",
                "containers": [container]}})),
            "tags.a: 1 is no str",
        ),
        // What only the service writes.
        (site(json!({"id": "a", "location": "x"})), "id: only the service writes this"),
        (
            app(json!({"location": "x", "properties": {"provisioningState": "Succeeded"}})),
            "provisioningState: only the service writes this",
        ),
        // What is missing.
        (site(json!({"kind": "functionapp"})), "location: required"),
        (
            group(json!({"location": "x", "properties": {"osType": "Linux"}})),
            "containers: required",
        ),
    ];
    expect(&cases);
}

#[test]
fn what_has_no_model_is_an_error() {
    let body = json!({"location": "x"});
    let mut asked = put("Microsoft.Web/sites/a", "2025-05-01", body.clone());
    asked.query.insert("forec".to_owned(), "1".to_owned());
    let mut deleted = put("Microsoft.Web/sites/a", "2025-05-01", body.clone());
    deleted.method = "DELETE".to_owned();
    let mut empty = put("Microsoft.Web/sites/a", "2025-05-01", Value::Null);
    empty.body = None;
    expect(&[
        (put("Microsoft.Nope/sites/a", "2025-05-01", body.clone()), "no client is known"),
        (put("Microsoft.Web/sitez/a", "2025-05-01", body.clone()), "no client has this method"),
        (put("Microsoft.Web/sites/a", "2014-01-01", body), "api-version `2014-01-01`"),
        (asked, "unknown key `forec` in the query"),
        (deleted, "the client sends no body"),
        (empty, "the body is missing"),
    ]);
}

#[test]
fn wrong_answers_are_told() {
    let answered = |status: u16, answer: Value| {
        let body = json!({"location": "x"});
        let call = put("Microsoft.Web/sites/a", "2025-05-01", body);
        Recorded { status: Some(status), answer: Some(answer), ..call }
    };
    let list = Recorded {
        method: "GET".to_owned(),
        path: format!("{GROUP}/providers/Microsoft.Web/sites"),
        body: None,
        ..answered(200, json!({"value": [{"location": "x"}, {"location": "x", "name": 1}]}))
    };
    expect(&[
        (
            answered(200, json!({"location": "x", "properties": {"satte": "a"}})),
            "satte: unknown key",
        ),
        (answered(201, json!({"properties": {}})), "location: required"),
        (answered(200, json!({"location": "x", "tags": "a"})), "tags: 'a' is no object"),
        (answered(404, json!({})), "error.error: required"),
        (answered(409, json!({"error": {"code": 409, "message": "no"}})), "code: 409 is no"),
        (list, "value[1].name: 1 is no str"),
    ]);
}

#[test]
fn right_answers_pass() {
    let body = json!({"location": "x"});
    let call = put("Microsoft.Web/sites/a", "2025-05-01", body);
    let answer = json!({"id": "i", "name": "a", "type": "Microsoft.Web/sites", "location": "x",
        "properties": {"state": "Running", "hostNameSslStates": [
            {"name": "a.example", "sslState": "Disabled", "hostType": "Repository"}]}});
    let gone = json!({"error": {"code": "ResourceNotFound", "message": "no such thing"}});
    judges::assert_valid(&[
        Recorded { status: Some(200), answer: Some(answer), ..call.clone() },
        Recorded { status: Some(404), answer: Some(gone), ..call },
    ]);
}

#[test]
fn the_end_of_a_long_operation_is_judged_as_the_resource_that_it_made() {
    let ended = |answer| Recorded {
        method: "GET".to_owned(),
        path: format!("{GROUP}/providers/Microsoft.Web/sites/a/operationresults/1"),
        body: None,
        status: Some(200),
        answer: Some(answer),
        ..put("Microsoft.Web/sites/a", "2025-05-01", Value::Null)
    };
    let id = format!("{GROUP}/providers/Microsoft.Web/sites/a");
    judges::assert_valid(&[ended(json!({"id": id, "location": "x"}))]);
    expect(&[
        (ended(json!({"id": id, "location": "x", "colour": "red"})), "colour: unknown key"),
        (ended(json!({"location": "x"})), "the result says not what it is"),
    ]);
}

#[test]
fn what_only_the_real_service_answers_may_not_be_sent() {
    // Real answers have this key, which no client knows.
    let body = json!({"location": "x", "properties": {"webSpace": "w"}});
    let call = put("Microsoft.Web/serverfarms/a", "2025-05-01", json!({"location": "x"}));
    judges::assert_valid(&[Recorded { status: Some(200), answer: Some(body.clone()), ..call }]);
    expect(&[(put("Microsoft.Web/serverfarms/a", "2025-05-01", body), "webSpace: unknown key")]);
}

/// Each call has its one problem, and no other.
fn expect(cases: &[(Recorded, &str)]) {
    let calls: Vec<Recorded> = cases.iter().map(|(call, _)| call.clone()).collect();
    let problems = judges::problems(&calls);
    assert_eq!(problems.len(), cases.len(), "{}", problems.join("\n"));
    for ((_, expected), problem) in cases.iter().zip(&problems) {
        assert!(problem.contains(expected), "`{expected}` is not in `{problem}`");
    }
}

fn put(resource: &str, version: &str, body: Value) -> Recorded {
    Recorded {
        method: "PUT".to_owned(),
        path: format!("{GROUP}/providers/{resource}"),
        query: BTreeMap::from([("api-version".to_owned(), version.to_owned())]),
        body: Some(body),
        status: None,
        answer: None,
    }
}

fn of_az(call: &Value) -> Recorded {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut query: BTreeMap<String, String> = call["query"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect();
    query.insert("api-version".to_owned(), text(&call["api-version"]));
    Recorded {
        method: text(&call["method"]),
        path: text(&call["path"]),
        query,
        body: call.get("body").cloned(),
        status: None,
        answer: None,
    }
}
