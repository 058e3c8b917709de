//! One thing that goes wrong at any one call of a deploy: it is done in one run all the same.

use mlship_core::plan::Plan;
use mlship_core::provider::Provider;
use mlship_gcp::Kind;
use mlship_testkit::gcp::{Fault, Script};

use crate::stage::{IMAGE, SOURCE, Stage, deploy};

const FAULTS: [Fault; 6] = [
    Fault::Throttled,
    Fault::Broken,
    Fault::Busy,
    Fault::Conflict,
    Fault::DroppedBefore,
    Fault::DroppedAfter,
];

/// A first deploy and an update, with a fault at every call of theirs.
async fn survives(kind: Kind, fault: Fault) {
    let stage = Stage::new();
    let releases = stage.releases(kind);
    let mut at = 0;
    loop {
        let gcp = stage.connect(kind).await;
        let mut met = false;
        for release in &releases {
            let before = stage.cloud.calls().len();
            stage.cloud.play(Script { once: Some((at, fault)), ..Script::default() });
            deploy(&gcp, release).await.unwrap_or_else(|error| {
                let call = stage.cloud.calls().get(before + at).map(ToString::to_string);
                panic!("{fault:?} at {at}, {call:?}: {error} ({error:?})")
            });
            met |= stage.cloud.calls().len() - before > at;
            stage.calm();
            assert_eq!(gcp.plan(release).await.unwrap(), Plan::default(), "{fault:?} at {at}");
        }
        stage.clean(kind).await;
        if !met {
            break;
        }
        at += 1;
    }
    println!("{fault:?} at each of {at} calls");
    assert!(at > 15, "a deploy has more calls than {at}");
    stage.no_complaints();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_survives_a_fault_at_any_call() {
    for fault in FAULTS {
        survives(SOURCE, fault).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_survives_a_fault_at_any_call() {
    for fault in FAULTS {
        survives(IMAGE, fault).await;
    }
}
