//! A Cloud Run service whose deploy is cut after every call took effect, which is the same as before
//! the next one: run again, it finishes; or `remove` takes all of it away. An update that is cut
//! keeps the traffic where it was.

use mlship_core::provider::Provider;
use mlship_gcp::Kind;
use mlship_testkit::gcp::Cut;

use crate::ends;
use crate::stage::{IMAGE, NAME, SOURCE, Stage, answer, deploy};

/// The cuts, in order: before the first call, and then after each.
fn cuts() -> impl Iterator<Item = Cut> {
    std::iter::once(Cut::Before(0)).chain((0..).map(Cut::After))
}

/// What becomes of a first deploy that is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Finished,
    Cleaned,
}

async fn first_deploy(kind: Kind, then: Then) {
    let stage = Stage::new();
    let [release, _] = stage.releases(kind);
    let mut met = 0;
    for cut in cuts() {
        if stage.cut(kind, &release, cut).await {
            break;
        }
        let call = stage.last_call();
        if then == Then::Finished {
            println!("{cut:?}: at {call}: {}", stage.again(kind, &release).await);
        }
        stage.clean(kind).await;
        met += 1;
    }
    assert!(met > 15, "a deploy has more calls than {met}");
    stage.clean(kind).await;
}

async fn update(kind: Kind) {
    let stage = Stage::new();
    let [live, next] = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    let mut met = 0;
    for cut in cuts() {
        stage.reset();
        deploy(&gcp, &live).await.unwrap();
        let finished = stage.cut(kind, &next, cut).await;
        let call = stage.last_call();
        stage.calm();
        let between = gcp.find(NAME).await.unwrap().unwrap();
        let is = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
        let is = is.and_then(|live| live.content_sha256.clone()).unwrap();
        let serves = if is == next.artifact.content_sha256 { &next } else { &live };
        assert!(["ready", "updating"].contains(&between.state.as_str()), "{call}: {between:?}");
        assert_eq!(Some(&answer(&gcp).await), serves.samples[0].expect.as_ref(), "{call}");
        let outcome = stage.again(kind, &next).await;
        assert_eq!(Some(&answer(&gcp).await), next.samples[0].expect.as_ref());
        println!("{cut:?} of an update: at {call}: {}, {outcome}", between.state);
        if finished {
            break;
        }
        met += 1;
    }
    assert!(met > 15, "an update has more calls than {met}");
    stage.clean(kind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_from_source_cut_anywhere_is_finished() {
    first_deploy(SOURCE, Then::Finished).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_from_source_cut_anywhere_is_cleaned() {
    first_deploy(SOURCE, Then::Cleaned).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_an_image_cut_anywhere_is_finished() {
    first_deploy(IMAGE, Then::Finished).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_an_image_cut_anywhere_is_cleaned() {
    first_deploy(IMAGE, Then::Cleaned).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_from_source_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_an_image_cut_anywhere_keeps_the_traffic_and_is_finished() {
    update(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_of_a_source_cut_anywhere_is_finished_by_the_next() {
    ends::removal(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_of_an_image_cut_anywhere_is_finished_by_the_next() {
    ends::removal(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_of_a_source_cut_anywhere_is_finished_by_the_next() {
    ends::rollback(SOURCE).await;
}
