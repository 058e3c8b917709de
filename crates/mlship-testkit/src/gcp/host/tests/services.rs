//! Services at their own addresses: who may call, and who answers.

use serde_json::{Value, json};

use super::calls::{api, done, no_complaints, send, token, visit};
use crate::gcp::Cloud;

const REVISION: &str = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/// What a stand-in's services are: a function's zip is the easiest that is there without a
/// registry.
fn echo() -> Cloud {
    Cloud::start(|served, body| {
        let name = served.environment["K_REVISION"].as_bytes();
        Ok([name, b" ", served.path.as_bytes(), b" ", body].concat())
    })
}

fn planted(cloud: &Cloud) -> Value {
    let name = "projects/research-1/locations/europe-west1/services/iris";
    cloud.plant(
        name,
        json!({"template": {"revision": "iris-v1",
        "containers": [{"image": "eu/iris:1"}]}}),
    );
    api(cloud, "GET", "/services/iris", &Value::Null).value()
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn a_private_service_answers_who_has_a_token_for_it() {
    let cloud = echo();
    let body = planted(&cloud);
    let uri = text(&body, "/uri");
    let nobody = visit(&cloud, uri, None);
    assert_eq!(nobody.status, 403);
    let page = String::from_utf8_lossy(&nobody.body).into_owned();
    assert!(page.contains("does not have permission to get URL <code>/predict</code>"), "{page}");
    assert_eq!(visit(&cloud, uri, Some("http://other")).status, 401);
    let old = format!("Bearer {}", token(uri, 1));
    let host = uri.trim_start_matches("http://");
    let late = send(&cloud, host, "GET", "/", b"", &[("authorization", old.as_str())]);
    assert_eq!(late.status, 401);
    let answer = visit(&cloud, uri, Some(uri));
    assert_eq!((answer.status, answer.body), (200, b"iris-v1 /predict body".to_vec()));
    cloud.deny("run.routes.invoke");
    assert_eq!(visit(&cloud, uri, Some(uri)).status, 403);
    assert_eq!(visit(&cloud, &uri.replace("iris-", "mars-"), Some(uri)).status, 404);
    no_complaints(&cloud);
}

#[test]
fn a_tag_has_an_address_and_takes_tokens_for_the_service() {
    let cloud = echo();
    let uri = text(&planted(&cloud), "/uri").to_owned();
    let traffic = json!([{"type": REVISION, "revision": "iris-v1", "percent": 100, "tag": "live"}]);
    let ended =
        done(&cloud, "PATCH", "/services/iris?updateMask=traffic", &json!({"traffic": traffic}));
    let tagged = text(&ended, "/response/trafficStatuses/0/uri").to_owned();
    assert_eq!(tagged, uri.replace("http://", "http://live---"));
    assert_eq!(visit(&cloud, &tagged, Some(&uri)).status, 200);
    assert_eq!(visit(&cloud, &tagged, Some(&tagged)).status, 401);
    assert_eq!(visit(&cloud, &tagged.replace("live", "dead"), Some(&uri)).status, 404);
    no_complaints(&cloud);
}

#[test]
fn a_public_service_answers_everybody_unless_a_policy_is_against_it() {
    let cloud = echo();
    let uri = text(&planted(&cloud), "/uri").to_owned();
    let policy = |cloud: &Cloud| {
        let old = api(cloud, "GET", "/services/iris:getIamPolicy", &Value::Null).value();
        let everybody = json!([{"role": "roles/run.invoker", "members": ["allUsers"]}]);
        let new = json!({"policy": {"etag": old["etag"], "bindings": everybody}});
        api(cloud, "POST", "/services/iris:setIamPolicy", &new)
    };
    cloud.forbid("constraints/iam.allowedPolicyMemberDomains");
    let refused = policy(&cloud).value();
    assert_eq!(text(&refused, "/error/status"), "FAILED_PRECONDITION");
    assert!(text(&refused, "/error/message").contains("permitted customer"), "{refused}");
    done(
        &cloud,
        "PATCH",
        "/services/iris?updateMask=invokerIamDisabled",
        &json!({"invokerIamDisabled": true}),
    );
    assert_eq!(visit(&cloud, &uri, None).status, 200);
    done(&cloud, "PATCH", "/services/iris?updateMask=invokerIamDisabled", &json!({}));
    assert_eq!(visit(&cloud, &uri, None).status, 403);
    let cloud = echo();
    let uri = text(&planted(&cloud), "/uri").to_owned();
    assert_eq!(policy(&cloud).status, 200);
    assert_eq!(visit(&cloud, &uri, None).status, 200);
    // A policy that was read before is not written over.
    let stale = json!({"policy": {"etag": "ACAB", "bindings": []}});
    let refused = api(&cloud, "POST", "/services/iris:setIamPolicy", &stale);
    assert_eq!((refused.status, text(&refused.value(), "/error/status")), (409, "ABORTED"));
    cloud.forbid("constraints/run.managed.requireInvokerIam");
    let tried = api(
        &cloud,
        "PATCH",
        "/services/iris?updateMask=invokerIamDisabled&validateOnly=true",
        &json!({"invokerIamDisabled": true}),
    );
    assert_eq!(tried.status, 400);
    no_complaints(&cloud);
}

#[test]
fn services_and_revisions_are_listed_and_removed() {
    let cloud = echo();
    planted(&cloud);
    let listed = api(&cloud, "GET", "/services", &Value::Null).value();
    assert_eq!(listed["services"].as_array().unwrap().len(), 1);
    let held = api(&cloud, "DELETE", "/services/iris/revisions/iris-v1", &Value::Null);
    assert_eq!(held.status, 400, "{}", held.value());
    let revisions = api(&cloud, "GET", "/services/iris/revisions", &Value::Null).value();
    assert_eq!(revisions["revisions"][0]["conditions"][0]["state"], "CONDITION_SUCCEEDED");
    done(&cloud, "DELETE", "/services/iris", &Value::Null);
    assert_eq!(api(&cloud, "GET", "/services/iris", &Value::Null).status, 404);
    assert!(!cloud.contents().iter().any(|line| line.contains("iris")), "{:?}", cloud.contents());
    no_complaints(&cloud);
}
