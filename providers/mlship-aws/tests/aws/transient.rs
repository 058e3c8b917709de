//! One thing goes wrong, once, at any call: the deploy succeeds all the same, in one run.

use mlship_core::plan::Plan;
use mlship_core::provider::Provider;
use mlship_testkit::aws::faults::{Fault, Script};
use serde_json::json;

use crate::stage::{Stage, deploy};

const FAULTS: [Fault; 5] =
    [Fault::Throttled, Fault::Broken, Fault::Conflict, Fault::DroppedBefore, Fault::DroppedAfter];

#[tokio::test]
async fn one_fault_anywhere_in_a_first_deploy_is_survived() {
    let stage = Stage::new();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    for fault in FAULTS {
        for at in 0.. {
            stage.clear();
            stage.proxy.play(Script { once: Some((at, fault)), ..Script::default() });
            let aws = stage.connect().await.unwrap();
            let made = deploy(&aws, &release).await;
            let made = made.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}"));
            assert_eq!(made.live.as_deref(), Some("1"), "{fault:?} at {at}");
            assert_eq!(made.versions.len(), 1, "{fault:?} at {at}");
            if at >= stage.proxy.calls().len() {
                println!("first deploy, {fault:?}: survived at each of {at} calls");
                assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
                break;
            }
        }
    }
}

#[tokio::test]
async fn one_fault_anywhere_in_an_update_is_survived() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let mut release = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    let mut versions = 1;
    for fault in FAULTS {
        for at in 0.. {
            release = stage.release(&json!({"diagnosis": format!("{fault:?} {at}")}));
            release.project.resources.memory_mb.value = 512 + versions;
            let once = Some((at, fault));
            stage.proxy.play(Script { once, busy_looks: 1, ..Script::default() });
            let made = deploy(&aws, &release).await;
            let made = made.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}"));
            versions += 1;
            assert_eq!(made.live, Some(versions.to_string()), "{fault:?} at {at}");
            if at >= stage.proxy.calls().len() {
                println!("update, {fault:?}: survived at each of {at} calls");
                break;
            }
        }
    }
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
}

#[tokio::test]
async fn a_fault_that_stays_is_reported_as_what_it_is() {
    use mlship_core::provider::ErrorKind;
    use mlship_testkit::aws::faults::Cut;

    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    stage.proxy.play(Script { cut: Some(Cut::Before(0)), ..Script::default() });
    let error = aws.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let text = "could not look at the function `heart-disease` on aws: the connection failed";
    assert_eq!(error.to_string(), text);
    assert!(!error.hints.is_empty());

    stage.clear();
    stage.proxy.play(Script { role_refusals: 1000, ..Script::default() });
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.hints.iter().any(|hint| hint.contains("lambda.amazonaws.com")), "{error:?}");

    stage.clear();
    stage.proxy.play(Script { busy_looks: 1000, ..Script::default() });
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.reason.contains("was not ready"), "{error}");

    stage.clear();
    let failing = Some("InvalidZipFileException");
    stage.proxy.play(Script { failing, ..Script::default() });
    for _ in 0..2 {
        let error = deploy(&aws, &release).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed);
        assert_eq!(error.reason, "the zip cannot be opened (InvalidZipFileException)");
    }
    let found = aws.find(&release.project.name.value).await.unwrap().unwrap();
    assert!(found.state.starts_with("failed: the zip cannot be opened"), "{}", found.state);
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
}
