//! A function whose deploy, removal or rollback is cut after every call took effect, which is the
//! same as before the next one: run again, it finishes; or `remove` takes all of it away.

use mlship_core::provider::Provider;
use mlship_testkit::gcp::Cut;
use serde_json::json;

use crate::ends;
use crate::stage::{FUNCTION, NAME, Stage, answer, deploy};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_anywhere_is_cleaned() {
    let stage = Stage::new();
    let [release, _] = stage.releases(FUNCTION);
    let mut at = 0;
    while !stage.cut(FUNCTION, &release, Cut::After(at)).await {
        stage.clean(FUNCTION).await;
        at += 1;
    }
    stage.clean(FUNCTION).await;
    assert!(at > 20, "a deploy has more calls than {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_cut_anywhere_is_finished() {
    let stage = Stage::new();
    let [release, _] = stage.releases(FUNCTION);
    let mut at = 0;
    while !stage.cut(FUNCTION, &release, Cut::After(at)).await {
        let call = stage.last_call();
        println!("{at}: cut at {call}: {}", stage.again(FUNCTION, &release).await);
        stage.clean(FUNCTION).await;
        at += 1;
    }
    stage.clean(FUNCTION).await;
    assert!(at > 20, "a deploy has more calls than {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_cut_anywhere_keeps_the_traffic_and_is_finished() {
    let stage = Stage::new();
    let mut releases = stage.releases(FUNCTION);
    let gcp = stage.connect(FUNCTION).await;
    deploy(&gcp, &releases[0]).await.unwrap();
    let mut at = 0;
    let mut number = 0;
    loop {
        // Never seen before: a version that is there would have nothing to build.
        number += 1;
        releases[1] = stage.release(FUNCTION, &json!({"is": number}));
        let finished = stage.cut(FUNCTION, &releases[1], Cut::After(at)).await;
        let call = stage.last_call();
        stage.calm();
        let between = gcp.find(NAME).await.unwrap().unwrap();
        let got = answer(&gcp).await;
        let [before, after] = &releases;
        let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
        let is = live.and_then(|live| live.content_sha256.clone()).unwrap();
        let live = if is == after.artifact.content_sha256 { after } else { before };
        assert_eq!(Some(&got), live.samples[0].expect.as_ref(), "{call}");
        let outcome = stage.again(FUNCTION, after).await;
        assert_eq!(Some(&answer(&gcp).await), after.samples[0].expect.as_ref());
        println!("{at}: cut at {call}: {}, {outcome}", between.state);
        releases.reverse();
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 15, "an update has more calls than {at}");
    stage.clean(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_cut_anywhere_is_finished_by_the_next() {
    ends::removal(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_cut_anywhere_is_finished_by_the_next() {
    ends::rollback(FUNCTION).await;
}
