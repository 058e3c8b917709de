//! A deploy that is cut at every call, before and after the call took effect: run again, it
//! finishes; or `remove` takes all of it away.

use mlship_core::deployment::{Deployment, Request};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_testkit::aws::faults::{Cut, Script};
use serde_json::json;

use crate::account::Account;
use crate::models::BUCKET;
use crate::stage::{NAME, Stage, deploy, fetching, model_key};
use crate::traffic::share;

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
            let answer = aws.invoke(NAME, Request::json(br#"{"age": 1}"#)).await.unwrap();
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

/// Each round adds a version that fetches a model of its own and gets a tenth of the traffic.
#[tokio::test]
async fn an_update_with_a_model_and_a_share_cut_anywhere_keeps_the_traffic_and_is_finished() {
    let stage = Stage::new();
    let answer = json!({"diagnosis": "clear"});
    let first = fetching(&stage, stage.release(&answer), b"first");
    let aws = stage.connect().await.unwrap();
    deploy(&aws, &first).await.unwrap();
    for cut in CUTS {
        let mut at = 0;
        loop {
            let unique = format!("{:?}", cut(at));
            let mut next = stage.release(&json!({"diagnosis": &unique}));
            next = fetching(&stage, next, unique.as_bytes());
            next.share = share(10);
            let finished = run_cut(&stage, &next, cut(at)).await;
            let cut_call = last_call(&stage);
            stage.proxy.play(Script::default());
            let between = aws.find(NAME).await.unwrap().unwrap();
            assert_eq!(between.live.as_deref(), Some("1"), "{unique}");
            let got = aws.invoke(NAME, Request::json(br#"{"age": 1}"#)).await.unwrap();
            assert_eq!(got.body, answer.to_string().as_bytes(), "{unique}");
            let made = deploy(&aws, &next).await.unwrap();
            assert_eq!(aws.plan(&next).await.unwrap(), Plan::default(), "{unique}");
            let digest = made.versions[0].content_sha256.as_ref();
            assert_eq!(digest, Some(&next.artifact.content_sha256), "{unique}");
            assert_eq!(made.versions[0].share, share(10), "{unique}");
            println!("{unique} update with a model: cut at {cut_call}: finished");
            if finished {
                break;
            }
            at += 1;
        }
        assert!(at > 20, "such an update has more calls than {at}");
    }
    let account = Account::open(stage.moto.url()).await;
    let policy = account.policy(NAME).await;
    let objects = policy["Statement"][1]["Resource"].as_array().unwrap();
    assert_eq!(objects.len(), 20, "the policy has an end");
    let live = format!("arn:aws:s3:::{BUCKET}/{}", model_key(&first));
    assert!(objects.contains(&json!(live)), "the live version's model is in it");
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
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
