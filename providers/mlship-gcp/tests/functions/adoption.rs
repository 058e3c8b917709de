//! What somebody else made is refused, unless it is to be taken over: then its traffic stays where
//! it is until a version is accepted, and one can go back to it.

use mlship_core::deployment::Request;
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::share::Share;
use mlship_gcp::Kind;
use serde_json::{Value, json};

use crate::stage::{
    FUNCTION, NAME, SOURCE, Stage, answer, ask, deploy, done, make_function, make_service, named,
    words,
};

/// What somebody else made.
async fn theirs(stage: &Stage, kind: Kind) {
    match kind {
        Kind::FunctionsV2 => make_function(stage).await,
        _ => make_service(stage).await,
    }
}

async fn is_adopted(kind: Kind, what: &str) {
    let stage = Stage::new();
    theirs(&stage, kind).await;
    let before = stage.cloud.contents();
    let [release, next] = stage.releases(kind);
    let refusing = stage.connect(kind).await;
    let error = refusing.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    let said = words(&error);
    assert!(said.contains(what) && said.contains("was not made by mlship"), "{said}");
    assert!(said.contains("--adopt"), "{said}");
    let query = LogQuery { since_ms: None, limit: 3 };
    let others = [
        refusing.find(NAME).await.map(drop),
        refusing.invoke(NAME, Request::json(b"{}")).await.map(drop),
        refusing.logs(NAME, &query).await.map(drop),
        refusing.remove(NAME, &Silent).await.map(drop),
    ];
    for error in others.map(Result::unwrap_err) {
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        let said = words(&error);
        assert!(said.contains(&format!("the {what} exists and was not made by mlship")), "{said}");
    }
    assert_eq!(stage.cloud.contents(), before, "nothing of it is touched");

    let gcp = stage.adopting(kind).await;
    let plan = gcp.plan(&release).await.unwrap();
    let label = |key: &str| {
        let mut all = plan.steps.iter().flat_map(|step| &step.differences);
        let one = all.find(|one| one.field == format!("labels.{key}"));
        one.map(|one| (one.from.clone(), one.to.clone()))
    };
    assert_eq!(label("mlship-project"), Some((None, Some(NAME.to_owned()))), "{plan:?}");
    assert_eq!(label("team"), Some((Some("a".to_owned()), None)), "what goes is shown: {plan:?}");
    let wrong = stage.release(kind, &json!("500 {}"));
    assert_eq!(deploy(&gcp, &wrong).await.unwrap_err().kind, ErrorKind::Verification);
    assert_eq!(answer(&gcp).await, json!({"is": "theirs"}), "the traffic stays");

    let made = deploy(&gcp, &release).await.unwrap();
    assert_eq!(Some(answer(&gcp).await), release.samples[0].expect);
    assert!(refusing.plan(&release).await.unwrap().is_empty(), "now it is mlship's");
    let old = made.versions.last().unwrap();
    assert_eq!(old.content_sha256, None, "{made:?}");
    let back = Route { to: Destination::Previous, share: Share::ALL };
    let moved = refusing.route(NAME, &back).await.unwrap();
    assert_eq!(moved.to.id, old.id);
    assert_eq!(answer(&gcp).await, json!({"is": "theirs"}));
    let made = deploy(&refusing, &next).await.unwrap();
    assert_eq!(made.versions.len(), 3, "{made:?}");
    assert_eq!(Some(answer(&gcp).await), next.samples[0].expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_adopted_only_when_told() {
    is_adopted(FUNCTION, "function").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_adopted_only_when_told() {
    is_adopted(SOURCE, "service").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_another_kind_is_refused() {
    let stage = Stage::new();
    theirs(&stage, FUNCTION).await;
    let gcp = stage.adopting(SOURCE).await;
    let error = gcp.plan(&stage.releases(SOURCE)[0]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    assert!(words(&error).contains("`kind: functions-v2`"), "{}", words(&error));
    let stage = Stage::new();
    theirs(&stage, SOURCE).await;
    let gcp = stage.adopting(FUNCTION).await;
    let error = gcp.plan(&stage.releases(FUNCTION)[0]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    assert!(words(&error).contains("`kind: cloud-run-source`"), "{}", words(&error));
    let shown: Value =
        ask(&stage, "GET", &format!("v2/{}", named(&format!("services/{NAME}"))), &Value::Null)
            .await;
    assert_eq!(shown["labels"]["team"], "a", "it is as it was");
}

/// Three revisions of a service of somebody else's, each with a part of the traffic.
async fn divided_in_three(stage: &Stage) -> Value {
    let path = format!("v2/{}", named(&format!("services/{NAME}")));
    make_service(stage).await;
    let mut service = ask(stage, "GET", &path, &Value::Null).await;
    for number in ["two", "three"] {
        service["template"]["labels"] = json!({"number": number});
        let body = json!({"template": service["template"]});
        let changed = ask(stage, "PATCH", &format!("{path}?updateMask=template"), &body).await;
        done(stage, "v2", changed).await;
    }
    let revisions = ask(stage, "GET", &format!("{path}/revisions"), &Value::Null).await;
    let revisions = revisions["revisions"].as_array().unwrap();
    assert_eq!(revisions.len(), 3);
    let part = |(revision, percent): (&Value, i32)| {
        let name = revision["name"].as_str().unwrap().rsplit('/').next();
        let kind = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
        json!({"type": kind, "revision": name, "percent": percent})
    };
    let traffic: Vec<Value> = revisions.iter().zip([50, 30, 20]).map(part).collect();
    let body = json!({"traffic": traffic});
    let changed = ask(stage, "PATCH", &format!("{path}?updateMask=traffic"), &body).await;
    done(stage, "v2", changed).await;
    ask(stage, "GET", &path, &Value::Null).await["traffic"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn traffic_between_three_revisions_is_not_taken_from_one() {
    let stage = Stage::new();
    let traffic = divided_in_three(&stage).await;
    let gcp = stage.adopting(SOURCE).await;
    let error = deploy(&gcp, &stage.releases(SOURCE)[0]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let said = words(&error);
    assert!(said.contains("between 3 revisions") && said.contains("update-traffic"), "{said}");
    let path = format!("v2/{}", named(&format!("services/{NAME}")));
    assert_eq!(ask(&stage, "GET", &path, &Value::Null).await["traffic"], traffic);
}
