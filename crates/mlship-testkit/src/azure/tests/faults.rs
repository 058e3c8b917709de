//! What goes wrong on demand.

use super::*;
use crate::azure::{Cut, Fault, Script};

#[test]
fn a_cut_drops_calls_before_or_after_they_took_effect() {
    for (cut, made) in [(Cut::Before(0), 0), (Cut::After(0), 1)] {
        let cloud = cloud();
        cloud.play(Script { cut: Some(cut), ..Script::default() });
        let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g");
        let target = format!("{path}?api-version=2024-11-01");
        let body = br#"{"location": "westeurope"}"#;
        assert!(call(&cloud, "PUT", "127.0.0.1", &target, body).is_none());
        assert!(call(&cloud, "GET", "127.0.0.1", &target, &[]).is_none(), "and all later ones");
        assert_eq!(cloud.contents().len(), made);
        assert_eq!(cloud.calls()[0].status, None);
        cloud.play(Script::default());
        assert!(call(&cloud, "GET", "127.0.0.1", &target, &[]).is_some());
    }
}

#[test]
fn one_call_fails_and_the_next_does_not() {
    let cloud = with_group();
    for (fault, status) in
        [(Fault::Throttled, 429), (Fault::Broken, 500), (Fault::Busy, 503), (Fault::Conflict, 200)]
    {
        cloud.play(Script { once: Some((0, fault)), ..Script::default() });
        let seen = arm(&cloud, "GET", "", "2024-11-01", &Value::Null);
        assert_eq!(seen.status, status);
        assert_eq!(header(&seen, "retry-after").is_some(), [429, 503].contains(&status));
        assert_eq!(arm(&cloud, "GET", "", "2024-11-01", &Value::Null).status, 200);
    }
}

#[test]
fn what_is_new_is_seen_late() {
    let cloud = with_group();
    cloud.play(Script { lag: 2, ..Script::default() });
    put_account(&cloud);
    let path = below("Microsoft.Storage/storageAccounts/heartstore");
    let statuses: Vec<u16> =
        (0..3).map(|_| arm(&cloud, "GET", &path, STORAGE, &Value::Null).status).collect();
    assert_eq!(statuses, [404, 404, 200]);
    let listed: Vec<usize> = (0..3)
        .map(|_| arm(&cloud, "GET", "/resourceGroups/g/resources", "2021-04-01", &Value::Null))
        .map(|seen| seen.value()["value"].as_array().unwrap().len())
        .collect();
    assert_eq!(listed, [0, 0, 1]);
}

#[test]
fn an_operation_that_fails_leaves_a_failed_resource() {
    let cloud = with_group();
    cloud.play(Script { failing: Some("heartstore".into()), ..Script::default() });
    put_account(&cloud);
    let path = below("Microsoft.Storage/storageAccounts/heartstore");
    let look = || arm(&cloud, "GET", &path, STORAGE, &Value::Null).value();
    look();
    let last = look();
    assert_eq!(last["properties"]["provisioningState"], "Failed");
}

#[test]
fn quota_is_refused_in_the_providers_words() {
    let cloud = with_group();
    cloud.exhaust("Microsoft.Web/serverfarms");
    let body = json!({"location": "westeurope", "sku": {"name": "EP1"}});
    let plan = arm(&cloud, "PUT", &below("Microsoft.Web/serverfarms/p"), WEB, &body);
    assert_eq!(plan.status, 401);
    assert!(plan.value()["Message"].as_str().unwrap().contains("quota of 0 instances"));
}
