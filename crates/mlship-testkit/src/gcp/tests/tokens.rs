//! Tokens and lines from outside.

use serde_json::{Value, json};

use super::{call, cloud, json_call, sent};
use crate::gcp::{Cloud, tokens};

fn post(cloud: &Cloud, path: &str, form: &str) -> (u16, Value) {
    let kind = [("content-type", "application/x-www-form-urlencoded"), ("authorization", "none")];
    let answer = sent(cloud, "POST", path, form.as_bytes(), &kind).expect("an answer");
    (answer.status, answer.value())
}

#[test]
fn a_login_is_worth_an_access_token_and_no_identity_for_a_service() {
    let cloud = cloud();
    let refresh = "grant_type=refresh_token&refresh_token=r&client_id=c&client_secret=s";
    let (status, body) = post(&cloud, "/token", refresh);
    let claims = tokens::claims(body["id_token"].as_str().unwrap()).unwrap();
    assert_eq!((status, &claims["aud"]), (200, &json!("c")));
    assert!(body["access_token"].as_str().is_some_and(|token| tokens::claims(token).is_none()));
    let (status, body) = post(&cloud, "/token", "grant_type=refresh_token&client_id=c");
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    let exchange = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
                    &subject_token=t&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt\
                    &audience=%2F%2Fiam.googleapis.com%2Fprojects%2F1";
    assert_eq!(post(&cloud, "/v1/token", exchange).0, 200);
    assert_eq!(post(&cloud, "/v1/token", &exchange.replace("subject_token=t&", "")).0, 400);
    assert_eq!(cloud.writes(), 0);
}

#[test]
fn an_identity_token_is_for_a_service_and_no_api() {
    let cloud = cloud();
    let account = "/v1/projects/-/serviceAccounts/a@research-1.iam.gserviceaccount.com";
    let body = json!({"audience": "https://heart", "includeEmail": true});
    let made = json_call(&cloud, "POST", &format!("{account}:generateIdToken"), &body).value();
    let token = made["token"].as_str().unwrap();
    let claims = tokens::claims(token).unwrap();
    assert_eq!(claims["aud"], "https://heart");
    assert_eq!(claims["email"], "a@research-1.iam.gserviceaccount.com");
    let bearer = format!("Bearer {token}");
    let refused = sent(&cloud, "GET", "/storage/v1/b/b", b"", &[("authorization", &bearer)]);
    assert_eq!(refused.unwrap().status, 401);
    cloud.deny("iam.serviceAccounts.getOpenIdToken");
    let refused = json_call(&cloud, "POST", &format!("{account}:generateIdToken"), &body);
    assert_eq!(refused.status, 403);
    assert_eq!(call(&cloud, "GET", "/computeMetadata/v1/project/project-id").status, 403);
}

#[test]
fn lines_are_those_of_a_revision_in_pages_newest_first() {
    let cloud = cloud();
    let line = |at: i64, text: &str| cloud.log("heart/heart-v1", 1_767_225_600_000 + at, text);
    line(2, "two");
    line(1, r#"{"severity": "ERROR", "message": "one"}"#);
    line(3, "three");
    cloud.log("lung", 1_767_225_600_000, "other");
    let page = |token: &str, filter: &str| {
        let body = json!({"resourceNames": ["projects/research-1"], "filter": filter,
            "orderBy": "timestamp desc", "pageSize": 2, "pageToken": token});
        json_call(&cloud, "POST", "/v2/entries:list", &body).value()
    };
    let filter = "resource.labels.revision_name=\"heart-v1\"";
    let first = page("", filter);
    assert_eq!(first["entries"][0]["textPayload"], "three");
    let second = page(first["nextPageToken"].as_str().unwrap(), filter);
    assert_eq!(second["entries"][0]["jsonPayload"]["message"], "one");
    assert!(second["nextPageToken"].is_null());
    assert_eq!(page("", "resource.labels.revision=~\"heart.*\"")["error"]["code"], 400);
    assert!(cloud.complaints().is_empty(), "{:?}", cloud.complaints());
}
