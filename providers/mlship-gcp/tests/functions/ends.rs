//! Removals and rollbacks that are cut after every call took effect.

use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::share::Share;
use mlship_gcp::Kind;
use mlship_testkit::gcp::Cut;
use serde_json::json;

use crate::stage::{NAME, Stage, answer, deploy};

/// A removal that is cut is finished by the next.
pub(crate) async fn removal(kind: Kind) {
    let stage = Stage::new();
    let release = stage.fetching(stage.release(kind, &json!({"is": "clear"})), b"weights");
    let mut at = 0;
    loop {
        let gcp = stage.connect(kind).await;
        deploy(&gcp, &release).await.unwrap();
        let remove = async { gcp.remove(NAME, &Silent).await.map(drop) };
        let finished = stage.until_cut(Cut::After(at), remove).await;
        stage.clean(kind).await;
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 5, "a removal has more calls than {at}");
}

/// A rollback that is cut leaves one of the two versions live, and is finished by the next.
pub(crate) async fn rollback(kind: Kind) {
    let stage = Stage::new();
    let [first, second] = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    let one = deploy(&gcp, &first).await.unwrap().live.unwrap();
    let two = deploy(&gcp, &second).await.unwrap().live.unwrap();
    let mut at = 0;
    loop {
        let to = |version: &str| Route {
            to: Destination::Version(version.to_owned()),
            share: Share::ALL,
        };
        let back = to(&one);
        let rollback = async { gcp.route(NAME, &back).await.map(drop) };
        let finished = stage.until_cut(Cut::After(at), rollback).await;
        stage.calm();
        let got = answer(&gcp).await;
        let expected = [&first, &second].map(|one| one.samples[0].expect.clone());
        assert!(expected.contains(&Some(got)), "one of the two answers");
        assert_eq!(gcp.route(NAME, &back).await.unwrap().to.id, one);
        assert_eq!(Some(answer(&gcp).await), expected[0]);
        gcp.route(NAME, &to(&two)).await.unwrap();
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 2, "a rollback has more calls than {at}");
}
