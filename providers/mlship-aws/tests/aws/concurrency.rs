//! Instances that are set aside, and instances that are kept ready.

use mlship_aws::Config;
use mlship_core::plan::Plan;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::Script;
use serde_json::json;

use crate::stage::{Stage, config, deploy};
use crate::traffic::share;

fn instances(reserved: Option<i32>, provisioned: Option<i32>) -> Config {
    Config { reserved_concurrency: reserved, provisioned_concurrency: provisioned, ..config() }
}

#[tokio::test]
async fn both_are_set_changed_and_taken_back() {
    let stage = Stage::new();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let put = ["lambda PutFunctionConcurrency", "lambda PutProvisionedConcurrencyConfig"];
    let gone = ["lambda DeleteProvisionedConcurrencyConfig", "lambda DeleteFunctionConcurrency"];
    let mut calls = Vec::new();
    for (round, (reserved, provisioned, writes)) in [
        (Some(5), Some(2), &put[..]),
        (Some(5), Some(3), &put[1..]),
        (Some(4), Some(3), &put[..1]),
        (None, None, &gone[..]),
    ]
    .into_iter()
    .enumerate()
    {
        let aws = stage.connect_with(instances(reserved, provisioned)).await.unwrap();
        stage.proxy.play(Script::default());
        let made = deploy(&aws, &release).await.unwrap();
        let written = stage.proxy.writes();
        let written: Vec<&str> = written.iter().map(String::as_str).collect();
        assert!(written.ends_with(writes), "round {round}: {written:?}");
        assert_eq!(written.len() > writes.len(), round == 0, "{written:?}");
        let setting = |key: &str| made.settings.get(key).cloned();
        let text = |number: Option<i32>| number.map(|number| number.to_string());
        assert_eq!(setting("reserved-concurrency"), text(reserved));
        assert_eq!(setting("provisioned-concurrency"), text(provisioned));
        assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
        calls.extend(stage.proxy.calls());
    }
    assert_eq!(conformance::problems(&calls), Vec::<String>::new());
}

#[tokio::test]
async fn a_deploy_waits_until_the_instances_are_ready() {
    let stage = Stage::new();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let aws = stage.connect_with(instances(None, Some(2))).await.unwrap();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    let calls = stage.proxy.calls();
    let put = calls.iter().position(|call| call.operation().starts_with("PutProvisioned")).unwrap();
    let looks = calls[put..].iter().filter(|call| call.operation().starts_with("GetProvisioned"));
    assert!(looks.count() >= 2, "it looked again until they were");
}

#[tokio::test]
async fn instances_kept_ready_and_divided_traffic_go_together_only_one_way() {
    let stage = Stage::new();
    let plain = stage.connect().await.unwrap();
    deploy(&plain, &stage.release(&json!({"diagnosis": "clear"}))).await.unwrap();
    let release = stage.release(&json!({"diagnosis": "heart-disease"}));
    let tenth = Release { share: share(10), ..release.clone() };
    let ready = stage.connect_with(instances(None, Some(2))).await.unwrap();
    stage.proxy.play(Script::default());
    let error = ready.plan(&tenth).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let reason = "`provisioned-concurrency` cannot be changed while the traffic is divided";
    assert_eq!(error.reason, reason);
    assert!(!error.hints.is_empty());
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());

    // Divided before: the whole of it comes first, then the instances.
    deploy(&plain, &tenth).await.unwrap();
    deploy(&ready, &Release { share: Share::ALL, ..release }).await.unwrap();
    // Ready before: AWS divides what is there.
    let next = Release { share: share(10), ..stage.release(&json!({"diagnosis": "unclear"})) };
    let made = deploy(&ready, &next).await.unwrap();
    assert_eq!(made.versions[0].share, share(10));
    assert_eq!(made.settings["provisioned-concurrency"], "2");
    assert_eq!(ready.plan(&next).await.unwrap(), Plan::default());
    let plan = plain.plan(&next).await.unwrap();
    assert_eq!(plan.steps.len(), 1);
    deploy(&plain, &next).await.unwrap();
    assert_eq!(plain.plan(&next).await.unwrap(), Plan::default());
}

#[tokio::test]
async fn more_ready_than_may_run_is_refused_by_aws_and_said_so() {
    let stage = Stage::new();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let aws = stage.connect_with(instances(Some(1), Some(2))).await.unwrap();
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.reason.contains("above the reserved concurrency"), "{error}");
    assert!(!error.hints.is_empty());
}
