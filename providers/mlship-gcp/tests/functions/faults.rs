//! One thing goes wrong, at any call: the deploy goes on.

use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_testkit::gcp::{Fault, Script};

use crate::stage::{FUNCTION, NAME, Stage, answer, deploy};

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_anywhere_is_survived() {
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
    let (mut at, mut met) = (0, 0);
    loop {
        let fault = faults[at % faults.len()];
        stage.cloud.play(Script { once: Some((at, fault)), ..Script::default() });
        let before = stage.cloud.calls().len();
        for release in &releases {
            let made = deploy(&gcp, release).await;
            made.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}: {:?}", error.hints));
            assert_eq!(Some(&answer(&gcp).await), release.samples[0].expect.as_ref());
        }
        gcp.remove(NAME, &Silent).await.unwrap();
        assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "{fault:?} at {at}");
        let calls = stage.cloud.calls().len() - before;
        if at >= calls {
            break;
        }
        at += 1;
        met += 1;
    }
    assert!(met > 40, "two deploys and a removal have more calls than {met}");
    stage.no_complaints();
}
