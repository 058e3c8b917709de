//! One thing goes wrong, at any call: the deploy goes on.

use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_testkit::gcp::{Fault, Script};

use crate::stage::{FUNCTION, NAME, Stage, deploy};

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_at_every_first_of_two_calls_is_survived() {
    one_fault(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_at_every_second_of_two_calls_is_survived() {
    one_fault(1).await;
}

/// At every second call from the one of this number on.
async fn one_fault(first: usize) {
    let stage = Stage::new();
    let faults = [
        Fault::Throttled,
        Fault::Broken,
        Fault::Busy,
        Fault::Conflict,
        Fault::DroppedBefore,
        Fault::DroppedAfter,
    ];
    let releases = stage.releases(FUNCTION);
    let gcp = stage.connect(FUNCTION).await;
    let (mut at, mut met) = (first, 0);
    loop {
        let fault = faults[met % faults.len()];
        stage.cloud.play(Script { once: Some((at, fault)), ..Script::default() });
        let before = stage.cloud.count();
        for release in &releases {
            let made = deploy(&gcp, release).await;
            let made = made
                .unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}: {:?}", error.hints));
            let live = made.versions.iter().find(|one| Some(&one.id) == made.live.as_ref());
            let live = live.and_then(|live| live.content_sha256.as_ref());
            assert_eq!(live, Some(&release.artifact.content_sha256), "{fault:?} at {at}");
        }
        gcp.remove(NAME, &Silent).await.unwrap();
        assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "{fault:?} at {at}");
        let calls = stage.cloud.count() - before;
        if at >= calls {
            break;
        }
        at += 2;
        met += 1;
    }
    assert!(met > 20, "two deploys and a removal have more calls than {at}");
}
