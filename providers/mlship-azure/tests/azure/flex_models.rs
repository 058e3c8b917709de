//! Models that are fetched at start.

use mlship_azure::Kind;
use mlship_core::plan::{Plan, Verb};
use mlship_core::provider::Provider;
use serde_json::json;

use crate::stage::{Stage, answer, config, deploy};

#[tokio::test(flavor = "multi_thread")]
async fn a_fetched_file_is_sent_once_and_the_app_can_read_it() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    // More than one block, so that it goes in pieces.
    let weights: Vec<u8> = (0..9_u32 << 20).map(|at| (at % 251) as u8).collect();
    let mut release = stage.fetching(stage.release(&json!({"environment": []})), &weights);
    release.samples[0].expect = None;
    deploy(&azure, &release).await.unwrap();
    assert_eq!(azure.plan(&release).await.unwrap(), Plan::default());
    let sha256 = release.fetched[0].sha256.clone();
    let there = format!("/mlship-models/{sha256}");
    assert!(stage.cloud.contents().iter().any(|one| one.ends_with(&there)));

    // What the runtime does: the digest goes behind the path, before the signature.
    let environment = answer(&azure).await;
    let store = environment["MLSHIP_MODEL_STORE"].as_str().unwrap();
    let (path, query) = store.split_once('?').unwrap();
    let got = reqwest::get(format!("{path}/{sha256}?{query}")).await.unwrap();
    assert_eq!(got.status(), 200);
    assert!(got.bytes().await.unwrap() == weights, "all of it comes back");
    let unsigned = reqwest::get(format!("{path}/{sha256}")).await.unwrap();
    assert!(unsigned.status().is_client_error(), "nobody else reads it: {}", unsigned.status());
    let list = reqwest::get(format!("{path}?restype=container&comp=list&{query}")).await.unwrap();
    assert!(list.status().is_client_error(), "and nobody lists it: {}", list.status());

    let mut next = stage.fetching(stage.release(&json!({"is": "clear"})), &weights);
    next.project.resources.memory_mb.value = 512;
    let plan = azure.plan(&next).await.unwrap();
    let sent: Vec<_> = plan.steps.iter().filter(|step| step.verb == Verb::Upload).collect();
    assert_eq!(sent.len(), 1, "the model is there already: {sent:?}");
    let bare = stage.release(&json!({"is": "clear"}));
    let plan = azure.plan(&bare).await.unwrap();
    let app = plan.steps.iter().find(|step| step.resource == "app").unwrap();
    assert_eq!(app.differences[0].field, "setting.MLSHIP_MODEL_STORE");
    assert_eq!(app.differences[0].to, None);
}
