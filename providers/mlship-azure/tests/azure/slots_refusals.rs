//! What cannot be done is refused before anything is made, and says what to write instead.

use mlship_azure::{Config, Kind};
use mlship_core::deployment::{Destination, Route};
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use serde_json::json;

use crate::slots_stage::{DEDICATED_ZIP, PREMIUM_ZIP, Stage, WEB_APP};
use crate::stage::{GROUP, NAME, deploy, id_in_group};

async fn refusal(stage: &Stage, config: Config, release: &Release) -> ProviderError {
    let azure = stage.connect_with(config).await.unwrap();
    let error = azure.plan(release).await.unwrap_err();
    assert_eq!(stage.cloud.writes(), 0, "nothing is made");
    println!("{error}; {}", error.hints.join("; "));
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_do_not_fit_are_refused_with_those_that_do() {
    let stage = Stage::new(WEB_APP);
    let mut release = stage.release(&json!({"is": "one"}));
    let with = |sku: &str| Config { sku: Some(sku.into()), ..stage.config() };
    let basic = refusal(&stage, with("B1"), &release).await;
    assert!(basic.reason.contains("`B1` has no slot"), "{basic}");
    assert!(basic.hints[0].contains("`sku: S1`"), "{basic:?}");
    let unknown = refusal(&stage, with("XXL"), &release).await;
    assert!(unknown.hints[0].contains("P1v3"), "{unknown:?}");
    release.project.resources.memory_mb.value = 1_000_000;
    let large = refusal(&stage, stage.config(), &release).await;
    assert!(large.reason.contains("1000000 MB"), "{large}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_and_an_artifact_of_the_wrong_form_are_refused() {
    let stage = Stage::new(DEDICATED_ZIP);
    let release = stage.release(&json!({"is": "one"}));
    stage.cloud.take_name("heart");
    let taken = Config { app: Some("heart".into()), ..stage.config() };
    let error = refusal(&stage, taken, &release).await;
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.hints[0].contains("`app: …`"), "{error:?}");
    let error = refusal(&stage, Config { kind: Kind::WebApp, ..stage.config() }, &release).await;
    assert!(error.reason.contains("an image is wanted"), "{error}");
    let group = Config { resource_group: Some("nobodys".into()), ..stage.config() };
    let error = refusal(&stage, group, &release).await;
    assert!(error.reason.contains("not there"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_made_is_not_touched() {
    let stage = Stage::new(PREMIUM_ZIP);
    let release = stage.release(&json!({"is": "one"}));
    let own = json!({"location": "westeurope", "tags": {"mlship:project": NAME}});
    let group = id_in_group("");
    stage.cloud.plant(group.trim_end_matches("/providers/"), own);
    let plan = id_in_group("Microsoft.Web/serverfarms/somebodys");
    stage.cloud.plant(&plan, json!({"location": "westeurope", "sku": {"name": "EP1"}}));
    let azure = stage.connect().await.unwrap();
    deploy(&azure, &release).await.unwrap();
    let removed = azure.remove(NAME, &mlship_core::progress::Silent).await.unwrap();
    assert!(!removed.iter().any(|one| one.contains(GROUP)), "{removed:?}");
    let left = stage.cloud.contents();
    assert_eq!(left.len(), 2, "the group, and what is in it: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_traffic_is_refused_and_the_first_version_gets_all_of_it() {
    let stage = Stage::new(PREMIUM_ZIP);
    let azure = stage.connect().await.unwrap();
    let tenth = Share::percent(10).unwrap();
    let first = Release { share: tenth, ..stage.release(&json!({"is": "one"})) };
    let made = deploy(&azure, &first).await.unwrap();
    assert_eq!(made.versions[0].share, Share::ALL);
    let second = Release { share: tenth, ..stage.release(&json!({"is": "two"})) };
    let error = azure.plan(&second).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.hints[0].contains("kind: container-apps"), "{error:?}");
    let part = Route { to: Destination::Newest, share: tenth };
    let error = azure.route(NAME, &part).await.unwrap_err();
    assert!(error.hints[0].contains("kind: container-apps"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_is_not_made_into_another() {
    let stage = Stage::new(PREMIUM_ZIP);
    let azure = stage.connect().await.unwrap();
    let release = stage.release(&json!({"is": "one"}));
    deploy(&azure, &release).await.unwrap();
    let other = Config { kind: Kind::FunctionsDedicated, ..stage.config() };
    let error = stage.connect_with(other).await.unwrap().plan(&release).await.unwrap_err();
    assert!(error.reason.contains("`ElasticPremium`"), "{error}");
    assert!(error.hints[0].contains("mlship destroy"), "{error:?}");
}

/// Azure moves no app between Flex Consumption and another plan.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_on_flex_is_not_moved_to_another_plan_nor_back() {
    let stage = Stage::new(PREMIUM_ZIP);
    let release = stage.release(&json!({"is": "one"}));
    let other = stage.release(&json!({"is": "two"}));
    let flex = Config { kind: Kind::FunctionsFlex, ..stage.config() };
    for (first, second) in [(flex.clone(), stage.config()), (stage.config(), flex)] {
        stage.cloud.reset();
        deploy(&stage.connect_with(first).await.unwrap(), &release).await.unwrap();
        let before = stage.cloud.writes();
        let azure = stage.connect_with(second).await.unwrap();
        for release in [&release, &other] {
            let error = azure.plan(release).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused, "{error}");
            assert!(error.hints[0].contains("mlship destroy --provider azure"), "{error:?}");
        }
        assert_eq!(stage.cloud.writes(), before, "nothing is made");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_without_a_function_is_told_of_and_the_live_version_stays() {
    let stage = Stage::new(PREMIUM_ZIP);
    let azure = stage.connect().await.unwrap();
    let live = deploy(&azure, &stage.release(&json!({"is": "one"}))).await.unwrap();
    let mut broken = stage.release(&json!({"is": "two"}));
    let zip = crate::stage::package(r#"{"is": "two"}"#, &[("predict/function.json", 0)]);
    std::fs::write(&broken.artifact.path, &zip).unwrap();
    broken.artifact.packed_bytes = zip.len() as u64;
    let error = deploy(&azure, &broken).await.unwrap_err();
    assert!(error.reason.contains("found no function"), "{error}");
    let after = azure.find(NAME).await.unwrap().unwrap();
    assert_eq!((after.live, after.state.as_str()), (live.live, "ready"));
}
