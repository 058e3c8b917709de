//! Traffic that is divided between two versions.

use mlship_core::deployment::{Deployment, Destination, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::{Fault, Script};
use mlship_testkit::contract::share_contract;
use serde_json::json;

use crate::account::Account;
use crate::stage::{NAME, Stage, deploy, fetching, model_key};

pub(crate) fn share(percent: u8) -> Share {
    Share::percent(percent).unwrap()
}

fn with(release: Release, percent: u8) -> Release {
    Release { share: share(percent), ..release }
}

fn shares(made: &Deployment) -> Vec<(&str, u8)> {
    made.versions.iter().map(|made| (made.id.as_str(), made.share.as_percent())).collect()
}

#[tokio::test]
async fn keeps_the_contract_of_shares() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let first = stage.release(&json!({"diagnosis": "clear"}));
    let second = stage.release(&json!({"diagnosis": "heart-disease"}));
    share_contract(&aws, [first, second], &|| stage.proxy.writes().len() as u64).await;
    assert_eq!(Account::open(stage.moto.url()).await.contents().await, Vec::<String>::new());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

/// Deploy, change with a tenth of the traffic, promote, roll back, a named version, destroy.
#[tokio::test]
async fn a_whole_life_with_a_model_that_is_fetched() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let first = fetching(&stage, stage.release(&json!({"diagnosis": "clear"})), b"one");
    let second = fetching(&stage, stage.release(&json!({"diagnosis": "heart-disease"})), b"two");
    deploy(&aws, &first).await.unwrap();

    let tenth = with(second.clone(), 10);
    let plan = aws.plan(&tenth).await.unwrap();
    let made = aws.apply(&tenth, &plan, &Silent).await.unwrap();
    assert_eq!(shares(&made), [("2", 10), ("1", 90)]);
    assert_eq!(made.live.as_deref(), Some("1"));
    assert_eq!(made.versions[0].bytes, Some(second.artifact.packed_bytes));
    assert_eq!(made.versions[0].git_revision, Some("a".repeat(40)));
    let step = plan.steps.iter().find(|step| step.resource == "alias").unwrap();
    assert_eq!(step.differences[0].from.as_deref(), Some("1"));
    assert_eq!(step.differences[0].to.as_deref(), Some("1 90 %, the new version 10 %"));
    assert_eq!(aws.plan(&tenth).await.unwrap(), Plan::default());
    let alias = account.lambda.get_alias().function_name(NAME).name("live").send().await.unwrap();
    assert_eq!(alias.function_version(), Some("1"));
    let weights = alias.routing_config().unwrap().additional_version_weights().unwrap();
    assert_eq!((weights.len(), weights["2"]), (1, 0.1));

    let go = async |to, expected: &[(&str, u8)]| {
        let route = Route { to, share: Share::ALL };
        let moved = aws.route(NAME, &route).await.unwrap();
        assert_eq!(shares(&moved.deployment), expected);
        (moved.from.unwrap(), moved.to)
    };
    let (from, to) = go(Destination::Newest, &[("2", 100), ("1", 0)]).await;
    assert_eq!((from.id.as_str(), from.share), ("1", share(90)));
    assert_eq!(to.content_sha256, Some(second.artifact.content_sha256));
    let (from, to) = go(Destination::Previous, &[("2", 0), ("1", 100)]).await;
    assert_eq!((from.id.as_str(), to.id.as_str()), ("2", "1"));
    assert_eq!(to.content_sha256, Some(first.artifact.content_sha256.clone()));
    assert_eq!(to.git_revision, Some("a".repeat(40)));
    go(Destination::Version("2".into()), &[("2", 100), ("1", 0)]).await;
    let bucket = "mlship-123456789012-eu-central-1";
    assert_eq!(account.read(bucket, &model_key(&first)).await, b"one", "it can be rolled back to");

    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn a_version_without_a_share_is_checked_all_the_same() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    deploy(&aws, &stage.release(&json!({"diagnosis": "clear"}))).await.unwrap();
    let mut wrong = with(stage.release(&json!({"diagnosis": "heart-disease"})), 0);
    wrong.samples[0].expect = Some(json!({"never": "this"}));
    for _ in 0..2 {
        let error = deploy(&aws, &wrong).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Verification);
    }
    let left = aws.find(NAME).await.unwrap().unwrap();
    assert_eq!(shares(&left), [("2", 0), ("1", 100)]);

    // Once it passes it waits; back from there is to the version before the live one.
    let right = with(stage.release(&json!({"diagnosis": "unclear"})), 0);
    deploy(&aws, &right).await.unwrap();
    assert_eq!(aws.plan(&right).await.unwrap(), Plan::default());
    let back = Route { to: Destination::Previous, share: Share::ALL };
    let error = aws.route(NAME, &back).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    let whole = with(right, 100);
    assert_eq!(aws.plan(&whole).await.unwrap().steps.len(), 1);
    assert_eq!(deploy(&aws, &whole).await.unwrap().live.as_deref(), Some("3"));
}

#[tokio::test]
async fn a_third_version_takes_the_place_of_the_second() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    deploy(&aws, &stage.release(&json!({"diagnosis": "clear"}))).await.unwrap();
    for (answer, percent) in [("a", 10), ("b", 20)] {
        let release = with(stage.release(&json!({"diagnosis": answer})), percent);
        deploy(&aws, &release).await.unwrap();
        assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    }
    let made = aws.find(NAME).await.unwrap().unwrap();
    assert_eq!(shares(&made), [("3", 20), ("2", 0), ("1", 80)]);
    let route =
        |to: &str, percent| Route { to: Destination::Version(to.into()), share: share(percent) };
    let moved = aws.route(NAME, &route("2", 5)).await.unwrap();
    assert_eq!(shares(&moved.deployment), [("3", 0), ("2", 5), ("1", 95)]);
    // What the live version is to have, the other one loses or gets.
    let moved = aws.route(NAME, &route("1", 60)).await.unwrap();
    assert_eq!(shares(&moved.deployment), [("3", 0), ("2", 40), ("1", 60)]);
    stage.proxy.play(Script::default());
    aws.route(NAME, &route("2", 40)).await.unwrap();
    aws.route(NAME, &route("3", 0)).await.unwrap();
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
}

/// The mark of the alias that a change depends on has moved on when its answer was lost.
#[tokio::test]
async fn a_move_whose_answer_is_lost_is_done_once() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    for answer in ["a", "b"] {
        deploy(&aws, &stage.release(&json!({"diagnosis": answer}))).await.unwrap();
    }
    let route = Route { to: Destination::Previous, share: share(30) };
    stage.proxy.play(Script::default());
    aws.route(NAME, &route).await.unwrap();
    let calls = stage.proxy.calls();
    let at = calls.iter().position(|call| call.operation() == "UpdateAlias").unwrap();
    for fault in [Fault::DroppedBefore, Fault::DroppedAfter, Fault::Throttled] {
        let newest = Route { to: Destination::Newest, share: Share::ALL };
        aws.route(NAME, &newest).await.unwrap();
        stage.proxy.play(Script { once: Some((at, fault)), ..Script::default() });
        let moved = aws.route(NAME, &route).await.unwrap();
        assert_eq!(shares(&moved.deployment), [("2", 70), ("1", 30)], "{fault:?}");
    }
    // Somebody else is at work for as long as it is tried: a conflict, and nothing has moved.
    let newest = Route { to: Destination::Newest, share: Share::ALL };
    stage.proxy.play(Script { once: Some((at, Fault::Conflict)), ..Script::default() });
    let error = aws.route(NAME, &newest).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.hints.iter().any(|hint| hint.contains("mlship status")), "{error:?}");
    let left = aws.find(NAME).await.unwrap().unwrap();
    assert_eq!(shares(&left), [("2", 70), ("1", 30)]);
}
