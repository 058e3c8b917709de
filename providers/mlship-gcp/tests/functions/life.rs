//! The life of a function: the provider's contract, shares of the traffic, what a change sends.

use mlship_core::deployment::LogQuery;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_gcp::Config;
use mlship_testkit::contract::{contract, share_contract};
use mlship_testkit::gcp::Body;
use serde_json::{Value, json};

use crate::accepted;
use crate::stage::{FUNCTION, NAME, Stage, answer, config, deploy, named};

#[tokio::test(flavor = "multi_thread")]
async fn a_function_keeps_the_contract() {
    let stage = Stage::new();
    let gcp = stage.connect(FUNCTION).await;
    contract(&gcp, stage.releases(FUNCTION), &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_divides_the_traffic() {
    let stage = Stage::new();
    let gcp = stage.connect(FUNCTION).await;
    share_contract(&gcp, stage.releases(FUNCTION), &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_settings_sends_neither_the_source_nor_what_stays() {
    let stage = Stage::new();
    let mut release = stage.release(FUNCTION, &json!({"environment": true}));
    release.samples.clear();
    let gcp = stage.connect(FUNCTION).await;
    let first = deploy(&gcp, &release).await.unwrap();
    assert_eq!(first.kind, "functions-v2");
    assert_eq!(first.settings["memory-mb"], "512");
    release.project.resources.memory_mb.value = 1024;
    let environment = [("GREETING".to_owned(), "hello".to_owned())].into();
    let gcp = stage.connect_with(Config { environment, ..config(FUNCTION) }).await;
    let before = stage.written().len();
    let second = deploy(&gcp, &release).await.unwrap();
    assert_eq!(second.settings["memory-mb"], "1024");
    assert_eq!(second.versions.len(), 2, "other settings are another version");
    assert_eq!(answer(&gcp).await["GREETING"], "hello");
    let written = stage.written().split_off(before);
    assert!(written.iter().all(|call| call.method != "PUT"), "the source is there already");
    let patch = written.iter().find(|call| call.path.contains("/functions/")).unwrap();
    let mask = patch.query_value("updateMask").unwrap();
    let mut mask: Vec<&str> = mask.split(',').collect();
    mask.sort_unstable();
    assert_eq!(mask, ["serviceConfig.availableMemory", "serviceConfig.environmentVariables"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_made_as_the_manifest_says() {
    let stage = Stage::new();
    let gcp = stage.connect(FUNCTION).await;
    let release =
        stage.fetching(stage.release(FUNCTION, &json!({"environment": true})), b"weights");
    let release = Release { samples: Vec::new(), ..release };
    deploy(&gcp, &release).await.unwrap();
    let writes = stage.written();
    let upload =
        writes.iter().find(|call| call.headers.iter().any(|(_, v)| v == "application/zip"));
    let upload = upload.expect("the source is sent");
    assert!(upload.headers.iter().all(|(name, _)| name != "authorization"), "{upload}");
    let create = writes.iter().find(|call| call.path.ends_with("/functions")).unwrap();
    let Body::Json(made) = &create.body else { panic!("{create}") };
    assert_eq!(made["buildConfig"]["runtime"], "python312");
    assert_eq!(made["buildConfig"]["entryPoint"], "predict");
    let service = &made["serviceConfig"];
    assert_eq!(service["availableMemory"], "512Mi");
    assert_eq!(service["availableCpu"], "1");
    assert_eq!(service["timeoutSeconds"], 30);
    assert_eq!(service["maxInstanceRequestConcurrency"], 1);
    assert!(service["allTrafficOnLatestRevision"] != true, "{service}");
    let seen: Value = answer(&gcp).await;
    assert!(seen["MLSHIP_MODEL_STORE"].as_str().unwrap().starts_with("gs://mlship-"), "{seen}");
    assert!(stage.cloud.contents().contains(&named(&format!("functions/{NAME}"))));
    stage.clean(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_wrote_is_read() {
    let stage = Stage::new();
    let gcp = stage.connect(FUNCTION).await;
    deploy(&gcp, &stage.releases(FUNCTION)[0]).await.unwrap();
    for at_ms in 0..5 {
        stage.cloud.log(NAME, 1_795_251_600_000 + at_ms, &format!("line {at_ms}"));
    }
    let query = LogQuery { since_ms: Some(1_795_251_600_002), limit: 2 };
    let lines = gcp.logs(NAME, &query).await.unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["line 3", "line 4"]);
    assert_eq!(lines[1].at_ms, 1_795_251_600_004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_failed_its_samples_is_never_gone_to() {
    accepted::a_failed_version(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_cut_anywhere_is_never_gone_to_untried() {
    accepted::a_cut_update(FUNCTION, (0..80).step_by(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_of_a_function_was_not_live_before() {
    accepted::a_canary(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deploys_of_functions_at_once_one_ends_soon() {
    accepted::two_at_once(FUNCTION).await;
}

/// What Google sets by itself is no difference to tell.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_an_update_has_no_variables_of_googles() {
    let stage = Stage::new();
    let gcp = stage.connect(FUNCTION).await;
    let [one, two] = stage.releases(FUNCTION);
    deploy(&gcp, &one).await.unwrap();
    let plan = gcp.plan(&two).await.unwrap();
    let all = plan.steps.iter().flat_map(|step| &step.differences);
    let told: Vec<&str> = all.map(|one| one.field.as_str()).collect();
    assert_eq!(told, ["version"], "{plan:?}");
}
