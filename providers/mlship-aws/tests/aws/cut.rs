//! A deploy that is cut at every call, before and after the call took effect: run again, it
//! finishes; or `remove` takes all of it away.

use mlship_core::deployment::Deployment;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_testkit::aws::faults::{Cut, Script};
use serde_json::json;

use crate::account::Account;
use crate::stage::{NAME, Stage, deploy};

/// What is done after the cut.
#[derive(Debug, Clone, Copy)]
enum Then {
    DeployAgain,
    Remove,
}

const CUTS: [fn(usize) -> Cut; 2] = [Cut::Before, Cut::After];

#[tokio::test]
async fn a_first_deploy_cut_anywhere_is_finished_or_cleaned() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let release = stage.release(&json!({"diagnosis": "clear"}));
    for then in [Then::DeployAgain, Then::Remove] {
        for cut in CUTS {
            let mut at = 0;
            loop {
                stage.clear();
                let finished = run_cut(&stage, &release, cut(at)).await;
                let cut_call = last_call(&stage);
                let outcome = match then {
                    Then::DeployAgain => again(&stage, &release).await,
                    Then::Remove => remove(&stage, &account).await,
                };
                println!("{:>12?} {then:?}: cut at {cut_call}: {outcome}", cut(at));
                if finished {
                    break;
                }
                at += 1;
            }
            assert!(at > 15, "a deploy has more calls than {at}");
        }
    }
}

#[tokio::test]
async fn an_update_cut_anywhere_keeps_the_traffic_and_is_finished() {
    let stage = Stage::new();
    let first = stage.release(&json!({"diagnosis": "clear"}));
    let mut second = stage.release(&json!({"diagnosis": "heart-disease"}));
    second.project.resources.memory_mb.value = 1024;
    for cut in CUTS {
        let mut at = 0;
        loop {
            stage.clear();
            let aws = stage.connect().await.unwrap();
            deploy(&aws, &first).await.unwrap();
            let finished = run_cut(&stage, &second, cut(at)).await;
            let cut_call = last_call(&stage);
            stage.proxy.play(Script::default());
            let between = aws.find(NAME).await.unwrap().unwrap();
            let answer = aws.invoke(NAME, br#"{"age": 1}"#).await.unwrap();
            let live = between.live.clone().unwrap();
            let expected = if live == "1" { &first } else { &second };
            let expected = expected.samples[0].expect.as_ref().unwrap().to_string();
            assert_eq!(answer.body, expected.as_bytes(), "{:?}", cut(at));
            let outcome = again(&stage, &second).await;
            println!("{:>12?} update: cut at {cut_call}: {live} was live, {outcome}", cut(at));
            if finished {
                break;
            }
            at += 1;
        }
    }
}

#[tokio::test]
async fn a_removal_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let release = stage.release(&json!({"diagnosis": "clear"}));
    for cut in CUTS {
        let mut at = 0;
        loop {
            stage.clear();
            let aws = stage.connect().await.unwrap();
            deploy(&aws, &release).await.unwrap();
            stage.proxy.play(Script { cut: Some(cut(at)), ..Script::default() });
            let finished = aws.remove(NAME, &Silent).await.is_ok();
            remove(&stage, &account).await;
            if finished {
                break;
            }
            at += 1;
        }
        assert!(at > 5, "a removal has more calls than {at}");
    }
}

/// Connects and deploys with the cut in place; true when all calls came before it.
async fn run_cut(stage: &Stage, release: &Release, cut: Cut) -> bool {
    stage.proxy.play(Script { cut: Some(cut), busy_looks: 1, ..Script::default() });
    let Ok(aws) = stage.connect().await else { return false };
    let at = match cut {
        Cut::Before(at) | Cut::After(at) => at,
    };
    let finished = deploy(&aws, release).await.is_ok();
    // Answers that are lost at the very end may not be missed.
    finished && stage.proxy.calls().len() <= at
}

fn last_call(stage: &Stage) -> String {
    let calls = stage.proxy.calls();
    let cut = calls.iter().find(|call| call.status.is_none());
    cut.map_or("the end".to_owned(), ToString::to_string)
}

async fn again(stage: &Stage, release: &Release) -> String {
    stage.proxy.play(Script::default());
    let aws = stage.connect().await.unwrap();
    let made: Deployment = deploy(&aws, release).await.unwrap();
    assert_eq!(aws.plan(release).await.unwrap(), Plan::default(), "all is done");
    let live = made.versions.iter().find(|version| Some(&version.id) == made.live.as_ref());
    let digest = live.and_then(|version| version.content_sha256.clone());
    assert_eq!(digest.as_ref(), Some(&release.artifact.content_sha256), "the right version");
    assert_eq!(made.state, "ready");
    let writes = stage.proxy.writes().len();
    format!("finished with {writes} more writes, {} versions", made.versions.len())
}

async fn remove(stage: &Stage, account: &Account) -> String {
    stage.proxy.play(Script::default());
    let aws = stage.connect().await.unwrap();
    let removed = aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new(), "nothing is left");
    assert_eq!(aws.find(NAME).await.unwrap(), None);
    format!("removed {}", if removed.is_empty() { "nothing".into() } else { removed.join(", ") })
}
