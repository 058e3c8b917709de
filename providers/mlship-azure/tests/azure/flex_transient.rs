//! What passes by itself: throttling, faults, conflicts, slow operations, lists that lag.

use mlship_azure::Kind;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_testkit::azure::{Fault, Script};
use serde_json::json;

use crate::stage::{NAME, Stage, answer, calm, config, deploy};

/// One fault at every call in turn, during a first deploy and an update.
#[tokio::test(flavor = "multi_thread")]
async fn one_fault_anywhere_does_not_stop_a_deploy() {
    let stage = Stage::new();
    let releases = ["clear", "heart-disease"].map(|text| stage.release(&json!({"is": text})));
    let faults = [Fault::Throttled, Fault::Busy, Fault::Broken, Fault::DroppedAfter];
    let mut at = 0;
    loop {
        stage.cloud.reset();
        let fault = faults[at % faults.len()];
        stage.cloud.play(Script { once: Some((at, fault)), ..Script::default() });
        let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
        for release in &releases {
            let made = deploy(&azure, release).await;
            assert!(
                made.is_ok(),
                "{fault:?} at call {at}: {made:?}\n{:#?}",
                stage.cloud.calls().last()
            );
        }
        let calls = stage.cloud.calls().len();
        calm(&stage);
        assert_eq!(answer(&azure).await, json!({"is": "heart-disease"}));
        if calls <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 50, "two deploys have more calls than {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_lead_to_another_look() {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": "clear"}));
    let mut at = 0;
    loop {
        stage.cloud.reset();
        stage.cloud.play(Script { once: Some((at, Fault::Conflict)), ..Script::default() });
        let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
        let made = deploy(&azure, &release).await;
        assert!(made.is_ok(), "conflict at call {at}: {made:?}");
        if stage.cloud.calls().len() <= at {
            break;
        }
        at += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_operations_and_late_sight_are_waited_for() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    stage.cloud.play(Script { lag: 2, slow: 3, ..Script::default() });
    let release = stage.release(&json!({"is": "clear"}));
    deploy(&azure, &release).await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": "heart-disease"}))).await.unwrap();
    assert_eq!(
        azure.plan(&stage.release(&json!({"is": "heart-disease"}))).await.unwrap(),
        Plan::default()
    );
    calm(&stage);
    azure.remove(NAME, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}
