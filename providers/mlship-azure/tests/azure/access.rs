//! Who may call is a part of a version: a plan says when it changes, and after a rollback it is told
//! as it is, whatever the manifest says now.

use mlship_azure::{Access, Azure, Config, Kind};
use mlship_core::deployment::{Destination, Route};
use mlship_core::plan::Plan;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_core::share::Share;
use serde_json::json;

use crate::slots_stage::{self, PREMIUM_ZIP, WEB_APP};
use crate::stage::{NAME, Stage, answer, config, deploy};

/// The change of access in a plan: `key -> public`, once.
pub(crate) fn access_change(plan: &Plan) -> String {
    let all = plan.steps.iter().flat_map(|step| &step.differences);
    let all = all.filter(|one| one.field == "access" && one.from.is_some());
    let words = |text: &Option<String>| text.clone().unwrap_or_default();
    let all: Vec<_> =
        all.map(|one| format!("{} -> {}", words(&one.from), words(&one.to))).collect();
    assert_eq!(all.len(), 1, "{plan:?}");
    all[0].clone()
}

/// A version with a key, then an open one, and back, with the manifest still saying `public`.
async fn there_and_back(keyed: &Azure, open: &Azure, releases: [Release; 2]) {
    let first = deploy(keyed, &releases[0]).await.unwrap();
    assert_eq!(first.access, "private (key)");
    let plan = open.plan(&releases[1]).await.unwrap();
    assert_eq!(access_change(&plan), "key -> public");
    assert_eq!(deploy(open, &releases[1]).await.unwrap().access, "public");
    assert_eq!(answer(open).await["open"], true);
    let back = Route { to: Destination::Previous, share: Share::ALL };
    let moved = open.route(NAME, &back).await.unwrap();
    assert_eq!(moved.deployment.access, "private (key)", "as it is, not as it is written");
    assert_eq!(open.find(NAME).await.unwrap().unwrap().access, "private (key)");
    assert_eq!(answer(open).await, json!({"is": "one"}), "called with the key");
    let plan = open.plan(&releases[1]).await.unwrap();
    assert_eq!(access_change(&plan), "key -> public");
}

#[tokio::test(flavor = "multi_thread")]
async fn flex_tells_who_may_call_what_runs() {
    let stage = Stage::new();
    let releases = [json!({"is": "one"}), json!({"is": "two", "open": true})];
    let releases = releases.each_ref().map(|answer| stage.release(answer));
    let keyed = config(Kind::FunctionsFlex);
    let open = Config { access: Access::Public, ..keyed.clone() };
    let [keyed, open] = [stage.connect(keyed).await, stage.connect(open).await].map(Result::unwrap);
    there_and_back(&keyed, &open, releases).await;
}

async fn slots(form: slots_stage::Form) {
    let stage = slots_stage::Stage::new(form);
    let releases = [json!({"is": "one"}), json!({"is": "two", "open": true})];
    let releases = releases.each_ref().map(|answer| stage.release(answer));
    let open = Config { access: Access::Public, ..stage.config() };
    let keyed = stage.connect().await.unwrap();
    let open = stage.connect_with(open).await.unwrap();
    there_and_back(&keyed, &open, releases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_functions_tell_who_may_call_what_runs() {
    slots(PREMIUM_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_app_tells_who_may_call_what_runs() {
    slots(WEB_APP).await;
}
