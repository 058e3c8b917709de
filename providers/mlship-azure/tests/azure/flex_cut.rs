//! A deploy that is cut at every call, before and after the call took effect: run again, it
//! finishes; or `remove` takes all of it away.

use mlship_azure::Kind;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_testkit::azure::{Cut, Script};
use serde_json::{Value, json};

use crate::stage::{NAME, Stage, answer, calm, config, deploy, last_call};

/// What is done after the cut.
#[derive(Debug, Clone, Copy)]
enum Then {
    DeployAgain,
    Remove,
}

const CUTS: [fn(usize) -> Cut; 2] = [Cut::Before, Cut::After];

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_anywhere_is_finished() {
    first_deploy_cut(Then::DeployAgain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_anywhere_is_cleaned() {
    first_deploy_cut(Then::Remove).await;
}

async fn first_deploy_cut(then: Then) {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": "clear"}));
    for cut in CUTS {
        let mut at = 0;
        while !run_cut(&stage, &release, cut(at)).await {
            let cut_call = last_call(&stage);
            let outcome = match then {
                Then::DeployAgain => again(&stage, &release).await,
                Then::Remove => String::new(),
            };
            clean(&stage).await;
            println!("{:?} {then:?}: cut at {cut_call}: {outcome}", cut(at));
            at += 1;
        }
        clean(&stage).await;
        assert!(at > 30, "a deploy has more calls than {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_cut_anywhere_is_told_of_and_finished() {
    let stage = Stage::new();
    let [clear, ill] = ["clear", "heart-disease"].map(|text| json!({"is": text}));
    let first = stage.release(&clear);
    let second = stage.release(&ill);
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let mut releases = [(&first, &clear), (&second, &ill)];
    deploy(&azure, releases[0].0).await.unwrap();
    for cut in CUTS {
        let mut at = 0;
        loop {
            let [(old, before), (new, after)] = releases;
            let finished = run_cut(&stage, new, cut(at)).await;
            let cut_call = last_call(&stage);
            calm(&stage);
            let between = azure.find(NAME).await.unwrap().unwrap();
            let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
            let live = live.unwrap().content_sha256.clone().unwrap();
            let said: &Value = if live == new.artifact.content_sha256 { after } else { before };
            let got = answer(&azure).await;
            // One app runs one version: while it is not known which, `find` says so.
            match between.state.as_str() {
                "ready" => assert_eq!(got, *said, "{:?} at {cut_call}", cut(at)),
                state => assert!(state.starts_with("half-made"), "{state}"),
            }
            assert!([before, after].contains(&&got), "it answers all the time");
            let _ = old;
            let outcome = again(&stage, new).await;
            assert_eq!(answer(&azure).await, *after);
            println!("{:?} update: cut at {cut_call}: {}, {outcome}", cut(at), between.state);
            releases.reverse();
            if finished {
                break;
            }
            at += 1;
        }
        assert!(at > 25, "an update has more calls than {at}");
    }
    clean(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": "clear"}));
    for cut in CUTS {
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
async fn clean(stage: &Stage) {
    calm(stage);
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    azure.remove(NAME, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "nothing is left");
}
