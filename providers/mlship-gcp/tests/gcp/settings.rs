//! Settings of the manifest: a change is shown in the plan, and made.

use std::collections::BTreeMap;

use mlship_core::plan::{Plan, Verb};
use mlship_core::provider::{ErrorKind, Provider};
use mlship_gcp::{Config, Cpu, Gpu, Instances, Secret};
use serde_json::{Value, json};

use crate::stage::{IMAGE, NAME, SOURCE, Stage, answer, config, deploy, named, words};

/// Every difference, as `service instances-min: - -> 1`.
fn differences(plan: &Plan) -> Vec<String> {
    let mut all = Vec::new();
    for step in &plan.steps {
        for one in &step.differences {
            let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            all.push(format!(
                "{} {}: {} -> {}",
                step.resource,
                one.field,
                text(&one.from),
                text(&one.to)
            ));
        }
    }
    all.retain(|line| !line.starts_with("traffic version"));
    all
}

fn creates(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.verb == Verb::Create && step.resource == "revision")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_is_run_with_makes_another_version() {
    let stage = Stage::new();
    let mut release = stage.release(SOURCE, &json!({"environment": true}));
    release.samples.clear();
    deploy(&stage.connect(SOURCE).await, &release).await.unwrap();
    let planted = "projects/research-1/secrets/api-key/versions/3";
    stage.cloud.plant(planted, json!({"value": "hidden"}));
    let secret = Secret { name: "api-key".into(), version: "3".into() };
    let changed = Config {
        environment: BTreeMap::from([("MODE".to_owned(), "fast".to_owned())]),
        secrets: BTreeMap::from([("API_KEY".to_owned(), secret)]),
        cpu: Some(Cpu::Two),
        ..config(SOURCE)
    };
    release.project.resources.memory_mb.value = 2048;
    release.project.resources.timeout_s.value = 60;
    let gcp = stage.connect_with(changed).await;
    let plan = gcp.plan(&release).await.unwrap();
    let expected = [
        "revision cpu: 1 -> 2",
        "revision environment.MODE: - -> fast",
        "revision memory-mb: 512 -> 2048",
        "revision secrets.API_KEY: - -> api-key:3",
        "revision timeout-s: 30 -> 60",
    ];
    assert_eq!(differences(&plan), expected);
    assert!(creates(&plan), "{plan:?}");
    let made = deploy(&gcp, &release).await.unwrap();
    assert_eq!(made.versions.len(), 2, "other settings are another revision");
    assert_eq!(gcp.plan(&release).await.unwrap(), Plan::default());
    let runs_with = answer(&gcp).await;
    assert_eq!([&runs_with["MODE"], &runs_with["API_KEY"]], ["fast", "hidden"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outside_of_a_service_changes_in_place() {
    let stage = Stage::new();
    let release = stage.release(SOURCE, &json!({"is": "clear"}));
    let team = |team: &str| BTreeMap::from([("team".to_owned(), team.to_owned())]);
    let before = Config { labels: team("a"), ..config(SOURCE) };
    deploy(&stage.connect_with(before).await, &release).await.unwrap();
    let instances = Instances { min: Some(1), max: Some(3) };
    let after = Config { labels: team("b"), instances, ..config(SOURCE) };
    let gcp = stage.connect_with(after).await;
    let plan = gcp.plan(&release).await.unwrap();
    let expected = [
        "service instances-max: - -> 3",
        "service instances-min: - -> 1",
        "service labels.team: a -> b",
    ];
    assert_eq!(differences(&plan), expected);
    assert!(!creates(&plan), "{plan:?}");
    let made = deploy(&gcp, &release).await.unwrap();
    assert_eq!(made.versions.len(), 1, "no revision is made");
    assert_eq!(gcp.plan(&release).await.unwrap(), Plan::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_is_asked_for_where_it_is() {
    let stage = Stage::new();
    let mut release = stage.release(IMAGE, &json!({"is": "clear"}));
    release.project.resources.memory_mb.value = 16_384;
    let gpu = Config { gpu: Some(Gpu::L4), ..config(IMAGE) };
    let gcp = stage.connect_with(gpu.clone()).await;
    deploy(&gcp, &release).await.unwrap();
    assert_eq!(gcp.plan(&release).await.unwrap(), Plan::default());
    let sent: Vec<Value> = stage
        .written()
        .iter()
        .filter_map(|call| match &call.body {
            mlship_testkit::gcp::Body::Json(body) => Some(body["template"].clone()),
            _ => None,
        })
        .filter(Value::is_object)
        .collect();
    assert_eq!(sent[0]["nodeSelector"]["accelerator"], "nvidia-l4");
    let limits = &sent[0]["containers"][0]["resources"]["limits"];
    assert_eq!([&limits["nvidia.com/gpu"], &limits["cpu"]], ["1", "4"]);
    stage.clean(IMAGE).await;
    stage.cloud.no_gpu("europe-west1");
    let gcp = stage.connect_with(gpu).await;
    let refused = deploy(&gcp, &release).await.unwrap_err();
    assert!(refused.kind == ErrorKind::Refused || refused.kind == ErrorKind::Failed, "{refused:?}");
    assert!(words(&refused).contains("region"), "{}", words(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_fetched_from_the_bucket_by_the_account_of_the_service() {
    let stage = Stage::new();
    let mut release = stage.release(IMAGE, &json!({"environment": true}));
    release.samples.clear();
    let release = stage.fetching(release, b"weights");
    let gcp = stage.connect(IMAGE).await;
    let plan = gcp.plan(&release).await.unwrap();
    let of = |what: &str| plan.steps.iter().filter(|step| step.resource == what).count();
    assert_eq!([of("bucket"), of("role"), of("model file")], [1, 1, 1], "{plan:?}");
    deploy(&gcp, &release).await.unwrap();
    assert_eq!(gcp.plan(&release).await.unwrap(), Plan::default());
    let store = answer(&gcp).await["MLSHIP_MODEL_STORE"].as_str().unwrap().to_owned();
    assert!(store.starts_with("gs://mlship-heart-disease-"), "{store}");
    let contents = stage.cloud.contents();
    assert!(contents.iter().any(|name| name.contains("/models/")), "{contents:?}");
    stage.clean(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_never_listens_leaves_the_traffic_and_is_told() {
    let stage = Stage::new();
    let gcp = stage.connect(SOURCE).await;
    let [good, fixed] = stage.releases(SOURCE);
    deploy(&gcp, &good).await.unwrap();
    let silent = stage.release(SOURCE, &json!(mlship_testkit::gcp::NEVER_LISTENS));
    for _ in 0..2 {
        let failed = deploy(&gcp, &silent).await.unwrap_err();
        assert_eq!(failed.kind, ErrorKind::Failed, "{failed:?}");
        assert!(words(&failed).contains("PORT"), "{}", words(&failed));
        let found = gcp.find(NAME).await.unwrap().unwrap();
        assert_eq!((found.state.as_str(), found.versions.len()), ("ready", 1));
        assert_eq!(answer(&gcp).await, json!({"is": "clear"}));
    }
    deploy(&gcp, &fixed).await.unwrap();
    let contents = stage.cloud.contents();
    let revisions = contents.iter().filter(|name| name.contains("/revisions/")).count();
    assert_eq!(revisions, 2, "what never came up is removed: {contents:?}");
    assert!(contents.contains(&named(&format!("services/{NAME}"))), "{contents:?}");
    stage.clean(SOURCE).await;
}
