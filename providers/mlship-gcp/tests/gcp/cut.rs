//! A Cloud Run service whose deploy is cut before and after every call: run again, it finishes; or
//! `remove` takes all of it away. An update that is cut keeps the traffic where it was.

use mlship_core::provider::Provider;
use mlship_gcp::Kind;
use mlship_testkit::gcp::Cut;

use crate::stage::{IMAGE, NAME, SOURCE, Stage, answer, deploy};

async fn first_deploy(kind: Kind) {
    let stage = Stage::new();
    let [release, _] = stage.releases(kind);
    let mut at = 0;
    'calls: loop {
        for cut in [Cut::Before(at), Cut::After(at)] {
            if stage.cut(kind, &release, cut).await {
                break 'calls;
            }
            let call = stage.last_call();
            stage.clean(kind).await;
            stage.cut(kind, &release, cut).await;
            println!("{cut:?}: at {call}: {}", stage.again(kind, &release).await);
            stage.clean(kind).await;
        }
        at += 1;
    }
    assert!(at > 15, "a deploy has more calls than {at}");
    stage.clean(kind).await;
    stage.no_complaints();
}

async fn update(kind: Kind) {
    let stage = Stage::new();
    let mut releases = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    deploy(&gcp, &releases[0]).await.unwrap();
    let mut at = 0;
    'calls: loop {
        for cut in [Cut::Before(at), Cut::After(at)] {
            let finished = stage.cut(kind, &releases[1], cut).await;
            let call = stage.last_call();
            stage.calm();
            let [before, after] = &releases;
            let between = gcp.find(NAME).await.unwrap().unwrap();
            let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
            let is = live.and_then(|live| live.content_sha256.clone()).unwrap();
            let live = if is == after.artifact.content_sha256 { after } else { before };
            assert_eq!(between.state, "ready", "{call}");
            assert_eq!(Some(&answer(&gcp).await), live.samples[0].expect.as_ref(), "{call}");
            let outcome = stage.again(kind, after).await;
            assert_eq!(Some(&answer(&gcp).await), after.samples[0].expect.as_ref());
            println!("{cut:?} of an update: at {call}: {outcome}");
            if finished {
                break 'calls;
            }
            // A version that nobody has seen, so that all of it is to be made again.
            let next = stage.release(kind, &serde_json::json!({"is": format!("{cut:?}")}));
            releases = [after.clone(), next];
        }
        at += 1;
    }
    assert!(at > 15, "an update has more calls than {at}");
    stage.clean(kind).await;
    stage.no_complaints();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_from_source_cut_anywhere_is_finished_or_cleaned() {
    first_deploy(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_an_image_cut_anywhere_is_finished_or_cleaned() {
    first_deploy(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_from_source_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_an_image_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(IMAGE).await;
}
