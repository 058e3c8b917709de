//! Plans, sites, deployments and the functions host.

use super::packages::{Flaw, artifact};
use super::*;
use crate::azure::storage::{sas, signed};

/// A stand-in with a site on a plan of this size.
fn with_site(sku: &str) -> (Cloud, Value) {
    on_plan(with_group(), sku)
}

/// Makes the container that packages are kept in.
pub(super) fn make_container(cloud: &Cloud) {
    let path = below("Microsoft.Storage/storageAccounts/heartstore");
    let container = format!("{path}/blobServices/default/containers/packages");
    assert_eq!(arm(cloud, "PUT", &container, STORAGE, &json!({})).status, 201);
}

/// With a site on a plan of this size.
pub(super) fn on_plan(cloud: Cloud, sku: &str) -> (Cloud, Value) {
    let body = json!({"location": "westeurope", "sku": {"name": sku},
        "properties": {"reserved": true}});
    let plan = arm(&cloud, "PUT", &below("Microsoft.Web/serverfarms/p"), WEB, &body);
    assert_eq!(plan.status, 200);
    ready_account(&cloud);
    let made = put_site(&cloud, "heart", sku);
    assert_eq!(made.status, 200, "{}", made.value());
    (cloud, made.value())
}

fn put_site(cloud: &Cloud, name: &str, sku: &str) -> Response {
    let mut body = json!({"location": "westeurope", "kind": "functionapp,linux",
        "properties": {"serverFarmId": format!(
            "/subscriptions/{SUBSCRIPTION}{}", below("Microsoft.Web/serverfarms/p"))}});
    if sku == "FC1" {
        body["properties"]["functionAppConfig"] = json!({
            "deployment": {"storage": {"type": "blobContainer",
                "value": format!("{}/heartstore/packages", cloud.url()), "authentication": {
                    "type": "StorageAccountConnectionString",
                    "storageAccountConnectionStringName": "PACKAGES"}}},
            "runtime": {"name": "custom", "version": "1.0"},
            "scaleAndConcurrency": {"maximumInstanceCount": 40, "instanceMemoryMB": 2048}});
        let path = below("Microsoft.Storage/storageAccounts/heartstore/listKeys");
        let key = arm(cloud, "POST", &path, STORAGE, &Value::Null).value()["keys"][0].clone();
        let key = key["value"].as_str().unwrap();
        let value = format!("AccountName=heartstore;AccountKey={key}");
        let settings =
            json!([{"name": "PACKAGES", "value": value}, {"name": "MODEL", "value": "heart"}]);
        body["properties"]["siteConfig"] = json!({"appSettings": settings});
    }
    arm(cloud, "PUT", &below(&format!("Microsoft.Web/sites/{name}")), WEB, &body)
}

pub(super) fn host_of(site: &Value, kind: &str) -> String {
    let states = site["properties"]["hostNameSslStates"].as_array().unwrap();
    let state = states.iter().find(|state| state["hostType"] == kind).unwrap();
    state["name"].as_str().unwrap().to_owned()
}

/// Deploys and says with which status it ended.
pub(super) fn deploy(cloud: &Cloud, site: &Value, path: &str, zip: &[u8]) -> Value {
    let scm = host_of(site, "Repository");
    let headers = [("authorization", "Bearer t"), ("content-type", "application/zip")];
    let begun = with(cloud, "POST", &scm, path, zip, &headers).unwrap();
    assert_eq!(begun.status, 202, "{}", begun.value());
    loop {
        let seen = call(cloud, "GET", &scm, "/api/deployments/latest", &[]).unwrap();
        if seen.status == 200 {
            return seen.value()["status"].clone();
        }
        assert_eq!(seen.status, 202);
    }
}

pub(super) fn keys(cloud: &Cloud) -> (String, String) {
    let path = below("Microsoft.Web/sites/heart/host/default/listkeys");
    let keys = arm(cloud, "POST", &path, WEB, &Value::Null).value();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&keys["masterKey"]), text(&keys["functionKeys"]["default"]))
}

/// The statuses of a call with the key and without, and how many functions there are.
fn answers(cloud: &Cloud, site: &Value) -> (u16, u16, usize) {
    let host = host_of(site, "Standard");
    let (master, key) = keys(cloud);
    let listed =
        with(cloud, "GET", &host, "/admin/functions", &[], &[("x-functions-key", &master)]);
    let listed = listed.unwrap().value().as_array().unwrap().len();
    let keyed = with(cloud, "POST", &host, "/predict", b"[1]", &[("x-functions-key", &key)]);
    let bare = with(cloud, "POST", &host, "/predict", b"[1]", &[]);
    (keyed.unwrap().status, bare.unwrap().status, listed)
}

#[test]
fn a_good_package_has_a_function_and_a_bad_one_none_and_nobody_says_so() {
    let (cloud, site) = with_site("FC1");
    let publish = "/api/publish?RemoteBuild=false";
    let good = artifact(Flaw::None, b"handler", true);
    assert_eq!(deploy(&cloud, &site, publish, &good), 3, "there is no container");
    make_container(&cloud);
    for (flaw, answer) in [
        (Flaw::None, (200, 401, 1)),
        (Flaw::NotExecutable, (404, 404, 0)),
        (Flaw::NoModes, (404, 404, 0)),
        (Flaw::NoHostJson, (404, 404, 0)),
        (Flaw::NoFunctionJson, (404, 404, 0)),
    ] {
        let zip = artifact(flaw, b"handler", true);
        assert_eq!(deploy(&cloud, &site, publish, &zip), 4, "{flaw:?}");
        assert_eq!(answers(&cloud, &site), answer, "{flaw:?}");
    }
    assert_eq!(deploy(&cloud, &site, publish, b"not a zip"), 3);
    let settings = below("Microsoft.Web/sites/heart/config/appsettings");
    let body = json!({"properties": {"PACKAGES": "AccountName=heartstore;AccountKey=other"}});
    arm(&cloud, "PUT", &settings, WEB, &body);
    assert_eq!(deploy(&cloud, &site, publish, &good), 3, "the key is wrong");
}

#[test]
fn flex_consumption_has_rules_of_its_own() {
    let (cloud, _) = with_site("FC1");
    let settings = below("Microsoft.Web/sites/heart/config/appsettings");
    let body = json!({"properties": {"FUNCTIONS_WORKER_RUNTIME": "custom"}});
    let refused = arm(&cloud, "PUT", &settings, WEB, &body);
    let message = refused.value()["Message"].as_str().unwrap().to_owned();
    assert!(message.contains("FUNCTIONS_WORKER_RUNTIME) for Flex Consumption"), "{message}");
    assert_eq!(put_site(&cloud, "second", "FC1").status, 400, "one app for each plan");
    let slot = below("Microsoft.Web/sites/heart/slots/next");
    assert_eq!(arm(&cloud, "PUT", &slot, WEB, &json!({"location": "westeurope"})).status, 400);
    let body = json!({"location": "westus", "sku": {"name": "FC1"}});
    let plan = below("Microsoft.Web/serverfarms/q");
    assert_eq!(arm(&cloud, "PUT", &plan, WEB, &body).status, 400);
    let plan = below("Microsoft.Web/serverfarms/p");
    assert_eq!(arm(&cloud, "DELETE", &plan, WEB, &Value::Null).status, 409, "a site is on it");
}

#[test]
fn a_package_at_an_address_runs_as_long_as_it_can_be_read() {
    let (cloud, site) = with_site("EP1");
    make_container(&cloud);
    let zip = artifact(Flaw::None, b"handler", true);
    let upload = signed("PUT", "heartstore", "/packages/a.zip", "", zip);
    assert_eq!(exchange(address(&cloud), &upload).unwrap().status, 201);
    let blob = "blob heartstore/packages/a.zip".to_owned();
    assert!(cloud.contents().contains(&blob));
    let settings = below("Microsoft.Web/sites/heart/config/appsettings");
    let good = format!(
        "{}/heartstore/packages/a.zip?{}",
        cloud.url(),
        sas("heartstore", "packages/a.zip")
    );
    for (url, answer) in [(good.clone(), 200), (good.replace("sig=", "sig=A"), 503)] {
        let body = json!({"properties": {"WEBSITE_RUN_FROM_PACKAGE": url, "A": "1"}});
        let (_, key) = match answer {
            200 => keys(&cloud),
            _ => (String::new(), String::new()),
        };
        assert_eq!(arm(&cloud, "PUT", &settings, WEB, &body).status, 200);
        let host = host_of(&site, "Standard");
        let seen = with(&cloud, "POST", &host, "/x", b"[]", &[("x-functions-key", &key)]);
        assert_eq!(seen.unwrap().status, answer);
    }
    let shown = arm(&cloud, "GET", &below("Microsoft.Web/sites/heart"), WEB, &Value::Null);
    assert!(!shown.value().to_string().contains("WEBSITE_RUN"), "settings are never shown");
}

#[test]
fn a_swap_exchanges_what_runs_and_keeps_what_sticks() {
    let (cloud, site) = with_site("EP1");
    let path = below("Microsoft.Web/sites/heart");
    let slot_path = format!("{path}/slots/next");
    let slot = arm(
        &cloud,
        "PUT",
        &slot_path,
        WEB,
        &json!({"location": "westeurope",
        "kind": "functionapp,linux", "properties": {}}),
    );
    assert_eq!(slot.value()["name"], "heart/next");
    let zip = artifact(Flaw::None, b"handler", true);
    assert_eq!(deploy(&cloud, &slot.value(), "/api/zipdeploy?isAsync=true", &zip), 4);
    assert_eq!(answers(&cloud, &site).2, 0);
    let names = json!({"properties": {"appSettingNames": ["STICKS"]}});
    arm(&cloud, "PUT", &format!("{path}/config/slotConfigNames"), WEB, &names);
    for (path, value) in [(&path, "production"), (&slot_path, "next")] {
        let body = json!({"properties": {"STICKS": value, "MOVES": value}});
        arm(&cloud, "PUT", &format!("{path}/config/appsettings"), WEB, &body);
    }
    let body = json!({"targetSlot": "next", "preserveVnet": true});
    let begun = arm(&cloud, "POST", &format!("{path}/slotsswap"), WEB, &body);
    assert_eq!(begun.status, 202);
    assert_eq!(arm(&cloud, "POST", &format!("{path}/slotsswap"), WEB, &body).status, 409);
    while answers(&cloud, &site).2 == 0 {}
    let settings =
        arm(&cloud, "POST", &format!("{path}/config/appsettings/list"), WEB, &Value::Null);
    assert_eq!(settings.value()["properties"], json!({"MOVES": "next", "STICKS": "production"}));
}

#[test]
fn what_a_test_answers_is_what_callers_get() {
    let cloud = Cloud::start(|served, _| match served.path {
        "/slow" => Err("timeout".into()),
        "/closed" => Err("401 {\"detail\": \"a key is needed\"}".into()),
        "/broken" => Err("it fell over".into()),
        path => Ok(path.into()),
    });
    arm(&cloud, "PUT", "", "2024-11-01", &json!({"location": "westeurope"}));
    let (cloud, site) = on_plan(cloud, "EP1");
    let zip = artifact(Flaw::None, b"handler", true);
    assert_eq!(deploy(&cloud, &site, "/api/zipdeploy?isAsync=true", &zip), 4);
    let (_, key) = keys(&cloud);
    let host = host_of(&site, "Standard");
    for (path, status) in [("/slow", 504), ("/closed", 401), ("/broken", 500), ("/x?y=z", 200)] {
        let writes = cloud.writes();
        let seen = with(&cloud, "POST", &host, path, b"", &[("x-functions-key", &key)]).unwrap();
        assert_eq!(seen.status, status);
        assert_eq!(cloud.writes(), writes, "a call of what is deployed writes nothing");
    }
}
