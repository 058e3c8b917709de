//! A deploy of an image that is killed at any call: run again, it finishes; or `remove` takes all
//! of it away. And one fault anywhere is survived.

use std::time::Duration;

use mlship_core::deployment::Request;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_testkit::aws::call::{Call, Effect};
use mlship_testkit::aws::faults::{Cut, Fault, Script};
use serde_json::json;

use crate::account::Account;
use crate::stage::{NAME, Stage, deploy, image_config};

#[tokio::test]
async fn a_first_deploy_of_an_image_killed_anywhere_is_finished() {
    let stage = Stage::new();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let mut at = 0;
    while killed(&stage, &release, Cut::Before(at)).await {
        let call = last_call(&stage);
        println!("killed before {call}: {}", again(&stage, &release).await);
        stage.clear();
        at += 1;
    }
    assert!(at > 25, "a deploy of an image has more calls than {at}");
}

#[tokio::test]
async fn a_first_deploy_of_an_image_killed_anywhere_is_cleaned() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let mut at = 0;
    while killed(&stage, &release, Cut::After(at)).await {
        remove(&stage, &account).await;
        at += 1;
    }
    assert!(at > 25, "a deploy of an image has more calls than {at}");
}

#[tokio::test]
async fn an_update_of_an_image_killed_anywhere_keeps_the_traffic_and_is_finished() {
    let stage = Stage::new();
    let first = stage.image_release(&json!({"diagnosis": "clear"}));
    let second = stage.image_release(&json!({"diagnosis": "heart-disease"}));
    again(&stage, &first).await;
    again(&stage, &second).await;
    // What only looks changes nothing that a cut could leave half-made.
    let calls = stage.proxy.calls();
    let sends = |call: &Call| call.service == "registry" || call.effect() == Effect::Write;
    let cuts: Vec<usize> = (0..calls.len()).filter(|at| sends(&calls[*at])).collect();
    assert!(cuts.len() > 10, "an update has more calls than {cuts:?}");
    for at in cuts {
        stage.clear();
        again(&stage, &first).await;
        assert!(killed(&stage, &second, Cut::After(at)).await, "{at}");
        let call = last_call(&stage);
        stage.proxy.play(Script::default());
        let aws = stage.connect_with(image_config()).await.unwrap();
        let live = aws.find(NAME).await.unwrap().unwrap().live.unwrap();
        let expected = if live == "1" { &first } else { &second };
        let expected = expected.samples[0].expect.as_ref().unwrap().to_string();
        let answer = aws.invoke(NAME, Request::json(br#"{"age": 1}"#)).await.unwrap();
        assert_eq!(answer.body, expected.as_bytes(), "{at}");
        println!("update killed after {call}: {live} was live, {}", again(&stage, &second).await);
    }
}

#[tokio::test]
async fn a_removal_of_an_image_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let mut at = 0;
    loop {
        again(&stage, &release).await;
        let aws = stage.connect_with(image_config()).await.unwrap();
        stage.proxy.play(Script { cut: Some(Cut::After(at)), ..Script::default() });
        let finished = aws.remove(NAME, &Silent).await.is_ok();
        remove(&stage, &account).await;
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 7, "a removal has more calls than {at}");
}

/// Those to the other services are tried with zips.
#[tokio::test]
async fn one_fault_at_any_call_about_the_image_is_survived() {
    let stage = Stage::new();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    again(&stage, &release).await;
    let calls = stage.proxy.calls();
    let about = |call: &Call| ["ecr", "registry"].contains(&call.service.as_str());
    let faulty: Vec<usize> = (0..calls.len()).filter(|at| about(&calls[*at])).collect();
    assert!(faulty.len() > 15, "more calls than {faulty:?} are about the image");
    for fault in [Fault::Throttled, Fault::DroppedAfter] {
        for at in &faulty {
            stage.clear();
            stage.proxy.play(Script { once: Some((*at, fault)), ..Script::default() });
            let aws = stage.connect_with(image_config()).await.unwrap();
            let made = deploy(&aws, &release).await;
            let made = made.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}"));
            assert_eq!(made.live.as_deref(), Some("1"), "{fault:?} at {at}");
        }
        println!("image, {fault:?}: survived at each of {} calls", faulty.len());
    }
    let aws = stage.connect_with(image_config()).await.unwrap();
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
}

/// Deploys, and is killed as soon as the cut is met; false when the deploy was done before.
async fn killed(stage: &Stage, release: &Release, cut: Cut) -> bool {
    stage.proxy.play(Script { cut: Some(cut), ..Script::default() });
    let run = async {
        let aws = stage.connect_with(image_config()).await?;
        deploy(&aws, release).await
    };
    let met = async {
        while !stage.proxy.calls().iter().any(|call| call.status.is_none()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        biased;
        () = met => true,
        made = run => {
            made.unwrap();
            false
        }
    }
}

fn last_call(stage: &Stage) -> String {
    let calls = stage.proxy.calls();
    let cut = calls.iter().find(|call| call.status.is_none());
    cut.map_or("the end".to_owned(), ToString::to_string)
}

/// Deploys without trouble; says how much was left to do.
async fn again(stage: &Stage, release: &Release) -> String {
    stage.proxy.play(Script::default());
    let aws = stage.connect_with(image_config()).await.unwrap();
    let made = deploy(&aws, release).await.unwrap();
    let writes = stage.proxy.writes().len();
    assert_eq!(aws.plan(release).await.unwrap(), Plan::default(), "all is done");
    assert_eq!(made.settings["image"], format!("sha256:{}", release.artifact.sha256));
    assert_eq!(made.state, "ready");
    format!("finished with {writes} more writes, {} versions", made.versions.len())
}

async fn remove(stage: &Stage, account: &Account) {
    stage.proxy.play(Script::default());
    let aws = stage.connect_with(image_config()).await.unwrap();
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new(), "nothing is left");
}
