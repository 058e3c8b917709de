//! Registries that fail now and then, always, or in the wrong moment.

use std::time::{Duration, Instant};

use mlship_registry::ErrorKind;
use mlship_testkit::registry::faults::{Fault, Pick, Script};

use crate::image::{Image, image, layer};
use crate::stage::{Stage, push};

/// Two chunks, and a small layer.
fn two_layers(stage: &Stage) -> Image {
    image(&stage.layout("x"), &[layer(1, 17_000_000), layer(2, 10_000)])
}

/// Each call of a push fails once: the push succeeds, and what it sent is whole.
async fn every_call_fails_once(fault: Fault) {
    let stage = Stage::new();
    let image = two_layers(&stage);
    push(&image, &stage.name("whole:1")).await.unwrap();
    let calls = stage.proxy.calls();
    assert!(calls.len() > 10);
    for (index, call) in calls.iter().enumerate() {
        let name = stage.name(&format!("try{index}:1"));
        stage.proxy.play(Script::one(Pick::Index(index), fault.clone()));
        let pushed = push(&image, &name).await;
        assert!(pushed.is_ok(), "{call} met {fault:?}: {}", pushed.unwrap_err());
        // The tag is there, and everything below it.
        stage.proxy.play(Script::default());
        let again = push(&image, &name).await.unwrap();
        assert_eq!(again.uploaded_bytes, 0);
    }
    stage.assert_whole(&format!("try{}:1", calls.len() / 2), &image);
}

#[tokio::test]
async fn too_many_requests_at_every_call() {
    every_call_fails_once(Fault::Status(429)).await;
}

#[tokio::test]
async fn a_failing_registry_at_every_call() {
    every_call_fails_once(Fault::Status(500)).await;
}

#[tokio::test]
async fn a_cut_before_every_call() {
    every_call_fails_once(Fault::CutBefore).await;
}

#[tokio::test]
async fn a_lost_answer_after_every_call() {
    every_call_fails_once(Fault::CutAfter).await;
}

#[tokio::test]
async fn a_cut_within_a_body() {
    let stage = Stage::new();
    let image = two_layers(&stage);
    for (name, pick) in [
        ("first-chunk", Pick::Nth("PATCH", 0)),
        ("second-chunk", Pick::Nth("PATCH", 1)),
        ("small-layer", Pick::Nth("PUT", 1)),
    ] {
        stage.proxy.play(Script::one(pick, Fault::CutBody(5_000)));
        push(&image, &stage.name(name)).await.unwrap();
        stage.assert_whole(name, &image);
    }
}

#[tokio::test]
async fn a_registry_that_always_fails_ends_in_an_error_and_no_tag() {
    let cases = [
        (&["PATCH"][..], Fault::Status(500), ErrorKind::Unavailable),
        (&["PATCH"], Fault::CutBody(1_000_000), ErrorKind::Unavailable),
        (&["PUT", "/manifests/"], Fault::Status(429), ErrorKind::Throttled),
        (&["PUT", "/blobs/"], Fault::CutBefore, ErrorKind::Unavailable),
    ];
    let mut waiting = Vec::new();
    for (pick, fault, kind) in cases {
        waiting.push(tokio::spawn(async move {
            let stage = Stage::new();
            let image = two_layers(&stage);
            stage.proxy.play(Script::one(Pick::Every(pick), fault));
            let error = push(&image, &stage.name("never:1")).await.unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.reason.contains("5 times in a row"), "{error}");
            assert_eq!(stage.seen("never:1"), None);
        }));
    }
    for failed in waiting {
        failed.await.unwrap();
    }
}

#[tokio::test]
async fn the_registry_says_how_long_to_wait() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(2, 10_000)]);
    stage.proxy.play(Script::one(Pick::Nth("POST", 0), Fault::RetryAfter(2)));
    let start = Instant::now();
    push(&image, &stage.name("patient")).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2));

    stage.proxy.play(Script::one(Pick::Every(&["POST"]), Fault::RetryAfter(86_400)));
    let error = push(&image, &stage.name("impatient")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert!(error.hints[0].contains("86400 seconds"), "{:?}", error.hints);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(2, 10_000)]);
    for (status, kind) in [(403, ErrorKind::Denied), (404, ErrorKind::NotFound)] {
        stage.proxy.play(Script::one(Pick::Every(&["POST"]), Fault::Status(status)));
        let error = push(&image, &stage.name("x")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.reason.contains("as the test wants it"), "{error}");
        let posts = stage.proxy.calls().iter().filter(|call| call.method == "POST").count();
        assert_eq!(posts, 1);
    }
}
