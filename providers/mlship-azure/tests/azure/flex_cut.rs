//! A deploy that is cut at every call, before and after the call took effect: run again, it
//! finishes; or `remove` takes all of it away.

use mlship_azure::Kind;
use mlship_core::deployment::{Destination, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::azure::{Cut, Script};
use serde_json::json;

use crate::stage::{NAME, Stage, answer, calm, config, deploy, last_call};

/// What is done after the cut.
#[derive(Debug, Clone, Copy)]
enum Then {
    DeployAgain,
    Remove,
}

type CutAt = fn(usize) -> Cut;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_before_any_call_is_finished() {
    first_deploy_cut(Cut::Before, Then::DeployAgain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_after_any_call_is_finished() {
    first_deploy_cut(Cut::After, Then::DeployAgain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_before_any_call_is_cleaned() {
    first_deploy_cut(Cut::Before, Then::Remove).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_after_any_call_is_cleaned() {
    first_deploy_cut(Cut::After, Then::Remove).await;
}

async fn first_deploy_cut(cut: CutAt, then: Then) {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": "clear"}));
    let mut at = 0;
    loop {
        stage.cloud.reset();
        let finished = run_cut(&stage, &release, cut(at)).await;
        let cut_call = last_call(&stage);
        let outcome = match then {
            Then::DeployAgain => again(&stage, &release).await,
            Then::Remove => clean(&stage).await,
        };
        println!("{:?} {then:?}: cut at {cut_call}: {outcome}", cut(at));
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 30, "a deploy has more calls than {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_cut_before_any_call_is_told_of_and_finished() {
    update_cut(Cut::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_cut_after_any_call_is_told_of_and_finished() {
    update_cut(Cut::After).await;
}

/// Two releases take turns, each in an update that is cut one call later.
async fn update_cut(cut: CutAt) {
    let stage = Stage::new();
    let answers = ["clear", "heart-disease"].map(|text| json!({"is": text}));
    let releases = answers.each_ref().map(|answer| stage.release(answer));
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    deploy(&azure, &releases[0]).await.unwrap();
    let mut at = 0;
    loop {
        let new = (at + 1) % 2;
        let finished = run_cut(&stage, &releases[new], cut(at)).await;
        let cut_call = last_call(&stage);
        calm(&stage);
        let between = azure.find(NAME).await.unwrap().unwrap();
        let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
        let live = live.and_then(|live| live.content_sha256.clone()).unwrap();
        let live = releases.iter().position(|one| one.artifact.content_sha256 == live).unwrap();
        let got = answer(&azure).await;
        assert!(answers.contains(&got), "it answers all the time");
        // One app runs one version: while it is not known which, `find` says so.
        match between.state.as_str() {
            "ready" => assert_eq!(got, answers[live], "{:?} at {cut_call}", cut(at)),
            state => assert!(state.starts_with("half-made"), "{state}"),
        }
        let outcome = again(&stage, &releases[new]).await;
        assert_eq!(answer(&azure).await, answers[new]);
        println!("{:?} update: cut at {cut_call}: {}, {outcome}", cut(at), between.state);
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 25, "an update has more calls than {at}");
    clean(&stage).await;
}

/// What was asked for is done when it is asked for again, and nothing else is called done.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new();
    let [old, new] = ["clear", "heart-disease"].map(|text| json!({"is": text}));
    let releases = [&old, &new].map(|answer| stage.release(answer));
    let to_previous = Route { to: Destination::Previous, share: Share::ALL };
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let to_newest = Route { to: Destination::Newest, share: Share::ALL };
    let before = deploy(&azure, &releases[0]).await.unwrap().live;
    let live = deploy(&azure, &releases[1]).await.unwrap().live;
    for cut in [Cut::Before as CutAt, Cut::After] {
        let (mut at, mut told) = (0, 0);
        loop {
            let moved = azure.route(NAME, &to_newest).await.unwrap();
            assert_eq!(Some(&moved.to.id), live.as_ref());
            stage.cloud.play(Script { cut: Some(cut(at)), ..Script::default() });
            let finished = azure.route(NAME, &to_previous).await.is_ok();
            calm(&stage);
            if finished {
                break;
            }
            let between = azure.find(NAME).await.unwrap().unwrap();
            if between.live == live {
                told += usize::from(between.state.contains("mlship rollback"));
                let moved = azure.route(NAME, &to_previous).await.unwrap();
                assert_eq!(Some(&moved.to.id), before.as_ref());
            }
            let after = azure.find(NAME).await.unwrap().unwrap();
            assert_eq!((&after.live, after.state.as_str()), (&before, "ready"));
            assert_eq!(answer(&azure).await, old);
            at += 1;
        }
        assert!(at > 8 && told > 4, "{at} calls, {told} of them while it is not known what runs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": "clear"}));
    for cut in [Cut::Before, Cut::After] {
        let mut at = 0;
        loop {
            stage.cloud.reset();
            let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
            deploy(&azure, &release).await.unwrap();
            let calls = stage.cloud.calls().len();
            stage.cloud.play(Script { cut: Some(cut(at)), ..Script::default() });
            let removed = azure.remove(NAME, &Silent).await.is_ok();
            let finished = removed && stage.cloud.calls().len() - calls <= at;
            clean(&stage).await;
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
    let before = stage.cloud.calls().len();
    stage.cloud.play(Script { cut: Some(cut), ..Script::default() });
    let Ok(azure) = stage.connect(config(Kind::FunctionsFlex)).await else { return false };
    let (Cut::Before(at) | Cut::After(at)) = cut;
    let finished = deploy(&azure, release).await.is_ok();
    // Answers that are lost at the very end may not be missed.
    finished && stage.cloud.calls().len() - before <= at
}

async fn again(stage: &Stage, release: &Release) -> String {
    calm(stage);
    let before = stage.cloud.writes();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let made = deploy(&azure, release).await.unwrap();
    assert_eq!(azure.plan(release).await.unwrap(), Plan::default(), "all is done");
    let live = made.versions.iter().find(|version| Some(&version.id) == made.live.as_ref());
    let digest = live.and_then(|version| version.content_sha256.clone());
    assert_eq!(digest.as_ref(), Some(&release.artifact.content_sha256), "the right version");
    assert_eq!(made.state, "ready");
    format!("finished with {} more writes", stage.cloud.writes() - before)
}

/// Removes the service, and checks that nothing is left.
async fn clean(stage: &Stage) -> String {
    calm(stage);
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let removed = azure.remove(NAME, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "nothing is left");
    format!("{} things removed", removed.len())
}
