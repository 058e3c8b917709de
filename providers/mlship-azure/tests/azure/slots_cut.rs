//! A deploy that is cut at every call, before and after the call took effect: run again, it
//! finishes; or `remove` takes all of it away. What is live answers all the time.

use mlship_azure::Package;
use mlship_core::deployment::{Destination, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::azure::{Cut, Effect, Script};
use serde_json::{Value, json};

use crate::slots_stage::{DEDICATED_ZIP, Form, PREMIUM_IMAGE, PREMIUM_ZIP, Stage, WEB_APP};
use crate::stage::{NAME, answer, deploy};

/// What is done after the cut.
#[derive(Debug, Clone, Copy)]
enum Then {
    DeployAgain,
    Remove,
}

async fn first_deploy(form: Form, then: Then) {
    let stage = Stage::new(form);
    let release = stage.release(&json!({"is": "clear"}));
    let cuts = cuts(&stage, &release).await;
    clean(&stage).await;
    assert!(cuts.len() > 12, "a deploy has more writes than {cuts:?}");
    for cut in cuts {
        assert!(!run_cut(&stage, &release, cut).await, "{cut:?}");
        let cut_call = last_call(&stage);
        let outcome = match then {
            Then::DeployAgain => again(&stage, &release).await,
            Then::Remove => "removed".to_owned(),
        };
        clean(&stage).await;
        println!("{cut:?} {then:?}: cut at {cut_call}: {outcome}");
    }
}

/// Two versions take turns. Each is deployed with a cut, and then again.
async fn update(form: Form) {
    let stage = Stage::new(form);
    let [clear, ill] = ["clear", "heart-disease"].map(|text| json!({"is": text}));
    let mut releases = [(stage.release(&ill), &ill), (stage.release(&clear), &clear)];
    let azure = stage.connect().await.unwrap();
    deploy(&azure, &releases[1].0).await.unwrap();
    // The first update makes the slot; the others put another version there.
    let mut cuts = cuts(&stage, &releases[0].0).await;
    clean(&stage).await;
    deploy(&azure, &releases[1].0).await.unwrap();
    deploy(&azure, &releases[0].0).await.unwrap();
    spoil(&stage).await;
    releases.reverse();
    cuts.extend(self::cuts(&stage, &releases[0].0).await);
    assert!(cuts.len() > 6, "an update has more writes than {cuts:?}");
    for (number, cut) in cuts.into_iter().enumerate() {
        if number == 0 {
            clean(&stage).await;
            deploy(&azure, &releases[0].0).await.unwrap();
        } else {
            spoil(&stage).await;
        }
        releases.reverse();
        let [(new, after), (_, before)] = &releases;
        run_cut(&stage, new, cut).await;
        let cut_call = last_call(&stage);
        stage.calm();
        let was = said(&stage, new, before, after).await;
        let outcome = again(&stage, new).await;
        assert_eq!(answer(&azure).await, **after);
        println!("{cut:?} update: cut at {cut_call}: {was} was live, {outcome}");
    }
    clean(&stage).await;
}

/// Nobody knows what the slot holds, so that the next version has to be put there.
async fn spoil(stage: &Stage) {
    let slots = stage.ids("/slots/next");
    if let [slot] = slots.as_slice() {
        stage.set(slot, "MLSHIP_STAMP", "somebody's words").await;
    }
}

/// Deploys, and says where to cut: before and after every call that writes. What a cut at a call
/// that reads leaves behind is what one after the write before it does.
async fn cuts(stage: &Stage, release: &Release) -> Vec<Cut> {
    stage.calm();
    let before = stage.cloud.calls().len();
    let azure = stage.connect().await.unwrap();
    deploy(&azure, release).await.unwrap();
    let calls = stage.cloud.calls().split_off(before);
    let writes = calls.iter().enumerate().filter(|(_, call)| call.effect() == Effect::Write);
    let writes: Vec<usize> = writes.map(|(at, _)| at).collect();
    match stage.form.package {
        Package::Zip => {
            writes.into_iter().flat_map(|at| [Cut::Before(at), Cut::After(at)]).collect()
        }
        // Each takes a registry of its own: what a cut before a write leaves is left out too.
        Package::Image => writes.into_iter().map(Cut::After).collect(),
    }
}

/// What `find` calls live is what answers.
async fn said(stage: &Stage, new: &Release, before: &Value, after: &Value) -> Value {
    let azure = stage.connect().await.unwrap();
    let between = azure.find(NAME).await.unwrap().unwrap();
    assert_eq!(between.state, "ready");
    let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
    let live = live.unwrap().content_sha256.clone().unwrap();
    let said = if live == new.artifact.content_sha256 { after } else { before };
    assert_eq!(answer(&azure).await, *said);
    said.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_a_zip_cut_anywhere_is_finished() {
    first_deploy(PREMIUM_ZIP, Then::DeployAgain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_a_zip_cut_anywhere_is_cleaned() {
    first_deploy(DEDICATED_ZIP, Then::Remove).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_a_web_app_cut_anywhere_is_finished() {
    first_deploy(WEB_APP, Then::DeployAgain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_an_image_cut_anywhere_is_cleaned() {
    first_deploy(PREMIUM_IMAGE, Then::Remove).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_a_zip_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(PREMIUM_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_a_web_app_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(WEB_APP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_cut_anywhere_is_finished_by_the_next() {
    let stage = Stage::new(DEDICATED_ZIP);
    let azure = stage.connect().await.unwrap();
    let answers = ["one", "two"].map(|text| json!({"is": text}));
    let mut made = Vec::new();
    for answer in &answers {
        made.push(deploy(&azure, &stage.release(answer)).await.unwrap().live.unwrap());
    }
    for cut in [Cut::Before, Cut::After] {
        let mut at = 0;
        loop {
            let (to, from) = (at % 2, (at + 1) % 2);
            let route = Route { to: Destination::Version(made[to].clone()), share: Share::ALL };
            let calls = stage.cloud.calls().len();
            stage.cloud.play(Script { cut: Some(cut(at)), slow: 1, ..Script::default() });
            let moved = azure.route(NAME, &route).await.is_ok();
            let finished = moved && stage.cloud.calls().len() - calls <= at;
            stage.calm();
            let live = azure.find(NAME).await.unwrap().unwrap().live.unwrap();
            let said = if live == made[to] { to } else { from };
            assert_eq!(answer(&azure).await, answers[said], "{:?}", cut(at));
            let moved = azure.route(NAME, &route).await.unwrap();
            assert_eq!(moved.deployment.live.as_ref(), Some(&made[to]));
            assert_eq!(answer(&azure).await, answers[to]);
            // What was live is the other one, however often it was tried.
            assert_eq!(moved.deployment.versions.len(), 2, "{:?}", moved.deployment);
            if finished {
                break;
            }
            at += 1;
        }
        assert!(at > 10, "a rollback has more calls than {at}");
    }
}

/// Connects and deploys with the cut in place; true when all calls came before it.
async fn run_cut(stage: &Stage, release: &Release, cut: Cut) -> bool {
    let before = stage.cloud.calls().len();
    stage.cloud.play(Script { cut: Some(cut), ..Script::default() });
    let Ok(azure) = stage.connect().await else { return false };
    let (Cut::Before(at) | Cut::After(at)) = cut;
    let finished = deploy(&azure, release).await.is_ok();
    // Answers that are lost at the very end may not be missed.
    finished && stage.cloud.calls().len() - before <= at
}

async fn again(stage: &Stage, release: &Release) -> String {
    stage.calm();
    let before = stage.cloud.writes();
    let azure = stage.connect().await.unwrap();
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
    stage.calm();
    let azure = stage.connect().await.unwrap();
    azure.remove(NAME, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "nothing is left");
    assert_eq!(azure.find(NAME).await.unwrap(), None);
}

fn last_call(stage: &Stage) -> String {
    let calls = stage.cloud.calls();
    let cut = calls.iter().rfind(|call| call.status.is_none());
    cut.map_or("the end".to_owned(), ToString::to_string)
}
