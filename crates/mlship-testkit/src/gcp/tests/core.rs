//! What all APIs have in common: tokens, faults, what is off or forbidden.

use serde_json::{Value, json};

use super::{call, cloud, json_call, sent};
use crate::gcp::{Cut, Fault, PROJECT, Script};

const NAMES: &str = "/v1/projects/research-1/services:batchGet?names=projects/research-1/services/run.googleapis.com";

fn reason(error: &Value) -> &str {
    error["error"]["details"][0]["reason"].as_str().unwrap_or_default()
}

#[test]
fn an_api_that_is_off_refuses_until_it_is_enabled() {
    let cloud = cloud();
    cloud.disable("run.googleapis.com");
    let services = "/v2/projects/research-1/locations/europe-west1/services";
    let refused = call(&cloud, "GET", services);
    assert_eq!((refused.status, reason(&refused.value())), (403, "SERVICE_DISABLED"));
    let states = |cloud| call(cloud, "GET", NAMES).value()["services"][0]["state"].clone();
    assert_eq!(states(&cloud), "DISABLED");
    let enable = format!("/v1/projects/{PROJECT}/services:batchEnable");
    let begun = json_call(&cloud, "POST", &enable, &json!({"serviceIds": ["run.googleapis.com"]}));
    let name = begun.value()["name"].as_str().unwrap().to_owned();
    let looks: Vec<Value> = (0..2)
        .map(|_| call(&cloud, "GET", &format!("/v1/{name}")).value()["done"].clone())
        .collect();
    assert_eq!(looks, [Value::Null, json!(true)]);
    assert_eq!((states(&cloud), call(&cloud, "GET", services).status), (json!("ENABLED"), 200));
    assert!(cloud.complaints().is_empty(), "{:?}", cloud.complaints());
}

#[test]
fn a_caller_without_token_permission_or_billing_is_refused() {
    let cloud = cloud();
    let bucket =
        || json_call(&cloud, "POST", "/storage/v1/b?project=research-1", &json!({"name": "b"}));
    let nobody = sent(&cloud, "GET", NAMES, b"", &[("authorization", "none")]).unwrap();
    assert_eq!(
        (nobody.status, &nobody.value()["error"]["status"]),
        (401, &json!("UNAUTHENTICATED"))
    );
    let other = call(&cloud, "GET", "/v2/projects/other/locations/l/services");
    assert_eq!((other.status, reason(&other.value())), (403, "CONSUMER_INVALID"));
    cloud.deny("serviceusage.services.get");
    let denied = call(&cloud, "GET", NAMES).value();
    assert_eq!(reason(&denied), "IAM_PERMISSION_DENIED");
    assert_eq!(
        denied["error"]["details"][0]["metadata"]["permission"],
        "serviceusage.services.get"
    );
    cloud.billing_off();
    let unpaid = call(&cloud, "DELETE", "/storage/v1/b/b").value();
    assert_eq!((bucket().status, reason(&unpaid)), (403, "BILLING_DISABLED"));
}

#[test]
fn a_cut_drops_calls_before_or_after_they_took_effect() {
    for (cut, made) in [(Cut::Before(0), 0), (Cut::After(0), 1)] {
        let cloud = cloud();
        cloud.play(Script { cut: Some(cut), ..Script::default() });
        let body = br#"{"name": "heart"}"#;
        assert!(sent(&cloud, "POST", "/storage/v1/b?project=research-1", body, &[]).is_none());
        assert!(sent(&cloud, "GET", "/storage/v1/b/heart", b"", &[]).is_none(), "all later ones");
        assert_eq!((cloud.contents().len(), cloud.dropped(), cloud.writes()), (made, 2, 1));
        cloud.play(Script::default());
        assert!(sent(&cloud, "GET", "/storage/v1/b/heart", b"", &[]).is_some());
    }
}

#[test]
fn one_call_fails_and_the_next_does_not() {
    let cloud = cloud();
    for (fault, status) in
        [(Fault::Throttled, 429), (Fault::Broken, 500), (Fault::Busy, 503), (Fault::Conflict, 200)]
    {
        cloud.play(Script { once: Some((0, fault)), retry_after: 3, ..Script::default() });
        let seen = call(&cloud, "GET", NAMES);
        let waits = seen.headers.iter().any(|(name, value)| name == "retry-after" && value == "3");
        assert_eq!((seen.status, waits), (status, [429, 503].contains(&status)));
        assert_eq!(call(&cloud, "GET", NAMES).status, 200);
    }
}

#[test]
fn an_operation_that_fails_says_so_late_and_has_no_effect() {
    let cloud = cloud();
    cloud.disable("run.googleapis.com");
    let failing = Some("run.googleapis".into());
    cloud.play(Script { failing, slow: 2, ..Script::default() });
    let enable = format!("/v1/projects/{PROJECT}/services:batchEnable");
    let begun = json_call(&cloud, "POST", &enable, &json!({"serviceIds": ["run.googleapis.com"]}));
    let name = begun.value()["name"].as_str().unwrap().to_owned();
    let looks: Vec<Value> =
        (0..4).map(|_| call(&cloud, "GET", &format!("/v1/{name}")).value()).collect();
    assert_eq!(looks.iter().filter(|look| look["done"].is_null()).count(), 3);
    assert_eq!(looks[3]["error"]["code"], 13);
    assert_eq!(call(&cloud, "GET", NAMES).value()["services"][0]["state"], "DISABLED");
}

#[test]
fn what_google_does_not_know_is_refused_and_told() {
    let cloud = cloud();
    assert_eq!(call(&cloud, "GET", "/v1/projects/research-1/buckets").status, 404);
    let typo = call(&cloud, "GET", &format!("{NAMES}&pagesize=1"));
    assert_eq!((typo.status, &typo.value()["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
    assert_eq!(cloud.complaints().len(), 2);
}
