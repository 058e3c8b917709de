//! Who may call: nobody without a token unless told, by whichever way the organisation leaves open,
//! and back again.

use mlship_core::plan::Plan;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_gcp::Kind;
use mlship_registry::http::client;
use mlship_testkit::gcp::Body;
use serde_json::{Value, json};

use crate::stage::{FUNCTION, NAME, SOURCE, Stage, answer, ask, deploy, named, public, words};

const SETTING: &str = "constraints/run.managed.requireInvokerIam";
const MEMBERS: &str = "constraints/iam.allowedPolicyMemberDomains";

/// The change of access in a plan: `private -> public`.
fn access_change(plan: &Plan) -> Option<String> {
    let mut all = plan.steps.iter().flat_map(|step| &step.differences);
    let one = all.find(|one| one.field == "access")?;
    Some(format!("{} -> {}", one.from.clone().unwrap_or_default(), one.to.clone()?))
}

/// The status that somebody without a token gets.
async fn without_token(url: &str) -> u16 {
    let request = client().unwrap().post(format!("{url}/predict")).body(r#"{"age": 63}"#);
    request.send().await.unwrap().status().as_u16()
}

/// Private, public, and private again.
async fn there_and_back(kind: Kind, policies: &[&str]) -> Stage {
    let stage = Stage::new();
    policies.iter().for_each(|policy| stage.cloud.forbid(policy));
    let [first, second] = stage.releases(kind);
    let (shut, open) = (stage.connect(kind).await, stage.connect_with(public(kind)).await);
    let made = deploy(&shut, &first).await.unwrap();
    assert_eq!(made.access, "private (iam)");
    let url = made.url.unwrap();
    assert_eq!(without_token(&url).await, 403);
    let plan = open.plan(&first).await.unwrap();
    assert_eq!(access_change(&plan).as_deref(), Some("private -> public"), "{plan:?}");
    assert_eq!(plan.steps.len(), 1, "the version stays: {plan:?}");
    assert_eq!(deploy(&open, &second).await.unwrap().access, "public");
    assert_eq!(without_token(&url).await, 200);
    assert!(open.plan(&second).await.unwrap().is_empty());
    let plan = shut.plan(&second).await.unwrap();
    assert_eq!(access_change(&plan).as_deref(), Some("public -> private"));
    assert_eq!(deploy(&shut, &second).await.unwrap().access, "private (iam)");
    assert_eq!(without_token(&url).await, 403);
    assert_eq!(Some(answer(&shut).await), second.samples[0].expect);
    assert!(shut.plan(&second).await.unwrap().is_empty());
    stage
}

/// How often the roles of the service were written.
fn roles_written(stage: &Stage) -> usize {
    stage.written().iter().filter(|call| call.path.ends_with(":setIamPolicy")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_public_by_its_own_setting() {
    let stage = there_and_back(SOURCE, &[]).await;
    assert_eq!(roles_written(&stage), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_public_by_its_services_setting() {
    let stage = there_and_back(FUNCTION, &[]).await;
    assert_eq!(roles_written(&stage), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_setting_is_forbidden_everybody_gets_the_role() {
    let stage = there_and_back(SOURCE, &[SETTING]).await;
    assert_eq!(roles_written(&stage), 2, "given and taken");
    let given = stage.written();
    let given = given.iter().find(|call| call.path.ends_with(":setIamPolicy")).unwrap();
    let Body::Json(given) = &given.body else { panic!("{given}") };
    assert_eq!(given["policy"]["bindings"][0]["members"][0], "allUsers");
    assert_eq!(given["policy"]["bindings"][0]["role"], "roles/run.invoker");
    assert!(given["policy"]["etag"].is_string(), "{given}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_of_others_stay() {
    let stage = Stage::new();
    stage.cloud.forbid(SETTING);
    let [first, second] = stage.releases(SOURCE);
    let shut = stage.connect(SOURCE).await;
    deploy(&shut, &first).await.unwrap();
    let theirs = json!({"policy": {"bindings": [
        {"role": "roles/run.invoker", "members": ["user:a@example.com"]}]}});
    let name = named(&format!("services/{NAME}"));
    ask(&stage, "POST", &format!("v2/{name}:setIamPolicy"), &theirs).await;
    deploy(&stage.connect_with(public(SOURCE)).await, &second).await.unwrap();
    deploy(&shut, &second).await.unwrap();
    let path = format!("v2/{name}:getIamPolicy");
    let left = ask(&stage, "GET", &path, &Value::Null).await;
    assert_eq!(left["bindings"][0]["members"], json!(["user:a@example.com"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_are_forbidden_it_is_said_and_the_traffic_stays() {
    for kind in [SOURCE, FUNCTION] {
        let stage = Stage::new();
        stage.cloud.forbid(SETTING);
        stage.cloud.forbid(MEMBERS);
        let [first, second] = stage.releases(kind);
        let shut = stage.connect(kind).await;
        let live = deploy(&shut, &first).await.unwrap().live;
        let open = stage.connect_with(public(kind)).await;
        let error = deploy(&open, &second).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        let words = words(&error);
        assert!(words.contains("allowedPolicyMemberDomains"), "{words}");
        assert_eq!(words.matches("write `access: private`").count(), 1, "{words}");
        let found = shut.find(NAME).await.unwrap().unwrap();
        assert_eq!((found.live, found.access.as_str()), (live, "private (iam)"));
        assert_eq!(Some(answer(&shut).await), first.samples[0].expect);
    }
}
