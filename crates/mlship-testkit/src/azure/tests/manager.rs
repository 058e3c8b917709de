//! Resource Manager's own rules.

use super::*;

#[test]
fn a_call_needs_a_token_a_version_and_permission() {
    let cloud = with_group();
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g");
    let target = format!("{path}?api-version=2024-11-01");
    let none = with(&cloud, "GET", "127.0.0.1", &target, &[], &[]).unwrap();
    assert_eq!(none.status, 401);
    assert!(header(&none, "www-authenticate").unwrap().starts_with("Bearer "));
    assert_eq!(call(&cloud, "GET", "127.0.0.1", &path, &[]).unwrap().status, 400);
    let old = arm(&cloud, "GET", &below("Microsoft.Web/sites/x"), "1999-01-01", &Value::Null);
    assert_eq!(old.value()["error"]["code"], "NoRegisteredProviderFound");
    cloud.deny("Microsoft.Storage/storageAccounts/write");
    let denied = put_account(&cloud);
    assert_eq!(denied.status, 403);
    let message = denied.value()["error"]["message"].as_str().unwrap().to_owned();
    let action = "perform action 'Microsoft.Storage/storageAccounts/write' over scope \
                  '/subscriptions/";
    assert!(message.contains(action), "{message}");
    assert_eq!(arm(&cloud, "GET", "", "2024-11-01", &Value::Null).status, 200);
}

#[test]
fn an_operation_runs_and_is_over_after_some_looks() {
    let cloud = with_group();
    cloud.play(crate::azure::Script { slow: 1, retry_after: 7, ..Default::default() });
    let made = put_account(&cloud);
    assert_eq!((made.status, made.body.len()), (202, 0));
    assert_eq!(header(&made, "retry-after"), Some("7"));
    assert_eq!(put_account(&cloud).status, 409, "one at a time");
    let path = below("Microsoft.Storage/storageAccounts/HEARTSTORE");
    let states: Vec<Value> = (0..3)
        .map(|_| arm(&cloud, "GET", &path, STORAGE, &Value::Null))
        .map(|seen| seen.value()["properties"]["provisioningState"].clone())
        .collect();
    assert_eq!(states, ["ResolvingDns", "Succeeded", "Succeeded"]);
    assert_eq!(put_account(&cloud).status, 200, "there already");
}

#[test]
fn tags_are_replaced_or_merged_and_have_limits() {
    let cloud = with_group();
    let tags = "/resourceGroups/g/providers/Microsoft.Resources/tags/default";
    let change = |operation: &str, tags_sent: Value| {
        let body = json!({"operation": operation, "properties": {"tags": tags_sent}});
        arm(&cloud, "PATCH", tags, "2021-04-01", &body)
    };
    assert_eq!(change("Merge", json!({"a": "1", "b": "2"})).status, 200);
    change("Merge", json!({"b": "3"}));
    change("Delete", json!({"a": "other"}));
    let seen = arm(&cloud, "GET", tags, "2021-04-01", &Value::Null).value();
    assert_eq!(seen["properties"]["tags"], json!({"a": "1", "b": "3"}));
    assert_eq!(change("Merge", json!({"c": "x".repeat(257)})).status, 400);
    change("Replace", json!({"d": "4"}));
    let seen = arm(&cloud, "GET", "", "2024-11-01", &Value::Null).value();
    assert_eq!(seen["tags"], json!({"d": "4"}));
}

#[test]
fn a_group_goes_with_all_that_is_in_it() {
    let cloud = with_group();
    ready_account(&cloud);
    let path = below("Microsoft.Storage/storageAccounts/heartstore");
    let container = format!("{path}/blobServices/default/containers/packages");
    assert_eq!(arm(&cloud, "PUT", &container, STORAGE, &json!({})).status, 201);
    assert_eq!(cloud.contents().len(), 3);
    let gone = arm(&cloud, "DELETE", "", "2024-11-01", &Value::Null);
    assert_eq!(gone.status, 202);
    let again = arm(&cloud, "PUT", "", "2024-11-01", &json!({"location": "westeurope"}));
    assert_eq!(again.value()["error"]["code"], "ResourceGroupBeingDeleted");
    while arm(&cloud, "GET", "", "2024-11-01", &Value::Null).status == 200 {}
    assert_eq!(cloud.contents(), Vec::<String>::new());
    ready_account_in_new_group(&cloud);
    assert_eq!(cloud.contents().len(), 2, "what was in the account before is gone");
}

fn ready_account_in_new_group(cloud: &Cloud) {
    let made = arm(cloud, "PUT", "", "2024-11-01", &json!({"location": "westeurope"}));
    assert_eq!(made.status, 201);
    ready_account(cloud);
}

#[test]
fn names_are_checked_across_all_subscriptions() {
    let cloud = with_group();
    cloud.take_name("heartstore");
    let ask = |name: &str| {
        let body = json!({"name": name, "type": "Microsoft.Storage/storageAccounts"});
        let path = "/providers/Microsoft.Storage/checkNameAvailability";
        arm(&cloud, "POST", path, STORAGE, &body).value()
    };
    assert_eq!(ask("heartstore")["reason"], "AlreadyExists");
    assert_eq!(ask("Heart-Store")["reason"], "AccountNameInvalid");
    assert_eq!(ask("otherstore")["nameAvailable"], true);
    assert_eq!(put_account(&cloud).value()["error"]["code"], "StorageAccountAlreadyTaken");
    assert_eq!(cloud.writes(), 2, "a check writes nothing");
}
