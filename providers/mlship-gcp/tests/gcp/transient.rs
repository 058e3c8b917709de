//! One thing that goes wrong at any one call of a deploy: it is done in one run all the same.

use mlship_core::plan::Plan;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_gcp::{Gcp, Kind};
use mlship_testkit::gcp::{Fault, Script};
use serde_json::json;

use crate::stage::{IMAGE, SOURCE, Stage, deploy};

/// Deploys with a fault at one call; true when the deploy has so many calls.
async fn meets(stage: &Stage, gcp: &Gcp, release: &Release, (at, fault): (usize, Fault)) -> bool {
    let before = stage.cloud.count();
    stage.cloud.play(Script { once: Some((at, fault)), ..Script::default() });
    deploy(gcp, release).await.unwrap_or_else(|error| {
        let call = stage.cloud.calls().get(before + at).map(ToString::to_string);
        panic!("{fault:?} at {at}, {call:?}: {error} ({error:?})")
    });
    let met = stage.cloud.count() - before > at;
    stage.calm();
    assert_eq!(gcp.plan(release).await.unwrap(), Plan::default(), "{fault:?} at {at}");
    met
}

/// First deploys, each with a fault at another call.
async fn first(kind: Kind, fault: Fault) {
    let stage = Stage::new();
    let [release, _] = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    let mut at = 0;
    while meets(&stage, &gcp, &release, (at, fault)).await {
        stage.reset();
        at += 1;
    }
    println!("{fault:?} at each of {at} calls");
    assert!(at > 15, "a deploy has more calls than {at}");
}

/// Updates, each with a fault at another call.
async fn update(kind: Kind, fault: Fault) {
    let stage = Stage::new();
    let [mut release, _] = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    deploy(&gcp, &release).await.unwrap();
    let mut at = 0;
    loop {
        release = stage.release(kind, &json!({"is": at}));
        if !meets(&stage, &gcp, &release, (at, fault)).await {
            break;
        }
        let contents = stage.cloud.contents();
        let revisions = contents.iter().filter(|name| name.contains("/revisions/")).count();
        assert!(revisions <= 5, "old versions go, {fault:?} at {at}: {contents:?}");
        at += 1;
    }
    println!("{fault:?} at each of {at} calls");
    assert!(at > 15, "an update has more calls than {at}");
}

/// A test for each fault.
macro_rules! survive {
    ($($name:ident: $way:ident, $kind:ident, $fault:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $way($kind, Fault::$fault).await;
        }
    )*};
}

survive! {
    a_source_survives_too_many_calls: first, SOURCE, Throttled;
    a_source_survives_a_fault_of_googles: first, SOURCE, Broken;
    a_source_survives_somebody_elses_change: first, SOURCE, Conflict;
    a_source_survives_a_call_that_is_lost: first, SOURCE, DroppedBefore;
    a_source_survives_an_answer_that_is_lost: first, SOURCE, DroppedAfter;
    an_image_survives_too_many_calls: first, IMAGE, Throttled;
    an_image_survives_a_fault_of_googles: first, IMAGE, Broken;
    an_image_survives_somebody_elses_change: first, IMAGE, Conflict;
    an_image_survives_a_call_that_is_lost: first, IMAGE, DroppedBefore;
    an_image_survives_an_answer_that_is_lost: first, IMAGE, DroppedAfter;
    an_updated_source_survives_too_many_calls: update, SOURCE, Throttled;
    an_updated_source_survives_a_fault_of_googles: update, SOURCE, Broken;
    an_updated_source_survives_somebody_elses_change: update, SOURCE, Conflict;
    an_updated_source_survives_a_call_that_is_lost: update, SOURCE, DroppedBefore;
    an_updated_source_survives_an_answer_that_is_lost: update, SOURCE, DroppedAfter;
    an_updated_image_survives_too_many_calls: update, IMAGE, Throttled;
    an_updated_image_survives_a_fault_of_googles: update, IMAGE, Broken;
    an_updated_image_survives_somebody_elses_change: update, IMAGE, Conflict;
    an_updated_image_survives_a_call_that_is_lost: update, IMAGE, DroppedBefore;
    an_updated_image_survives_an_answer_that_is_lost: update, IMAGE, DroppedAfter;
}
