//! A container group whose deploy is cut after every call took effect, which is the same as before the
//! next one: run again, it finishes; or `remove` takes all of it away.

use mlship_azure::Kind;
use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::share::Share;
use mlship_testkit::azure::{Cut, Script};
use serde_json::json;

use crate::boxes::Boxes;
use crate::stage::{NAME, answer, deploy};

const KIND: Kind = Kind::ContainerInstances;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deploy_of_a_group_cut_anywhere_is_finished_or_cleaned() {
    let boxes = Boxes::new();
    let [release, _] = boxes.releases();
    let at = boxes.cut_everywhere(KIND, &release).await;
    assert!(at > 30, "a deploy has more calls than {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_a_group_cut_anywhere_is_told_of_and_finished() {
    let boxes = Boxes::new();
    let mut releases = boxes.releases();
    let azure = boxes.connect(KIND).await;
    deploy(&azure, &releases[0]).await.unwrap();
    let mut at = 0;
    loop {
        let finished = boxes.cut(KIND, &releases[1], Cut::After(at)).await;
        let cut_call = boxes.last_call();
        boxes.calm();
        let between = azure.find(NAME).await.unwrap().unwrap();
        let got = answer(&azure).await;
        let [before, after] = &releases;
        let live = between.versions.iter().find(|one| Some(&one.id) == between.live.as_ref());
        let is = live.and_then(|live| live.content_sha256.clone()).unwrap();
        let live = if is == after.artifact.content_sha256 { after } else { before };
        match between.state.as_str() {
            "ready" => assert_eq!(Some(&got), live.samples[0].expect.as_ref(), "{cut_call}"),
            state => assert!(state.starts_with("half-made"), "{state}"),
        }
        let outcome = boxes.again(KIND, after).await;
        assert_eq!(Some(&answer(&azure).await), after.samples[0].expect.as_ref());
        println!("{:?} update: cut at {cut_call}: {}, {outcome}", Cut::After(at), between.state);
        releases.reverse();
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 20, "an update has more calls than {at}");
    boxes.clean(KIND).await;
}

/// What was asked for is done when it is asked for again, and nothing else is called done.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_of_a_group_cut_anywhere_is_finished_by_the_next() {
    let boxes = Boxes::new();
    let releases = boxes.releases();
    let to_previous = Route { to: Destination::Previous, share: Share::ALL };
    let azure = boxes.connect(KIND).await;
    let to_newest = Route { to: Destination::Newest, share: Share::ALL };
    let before = deploy(&azure, &releases[0]).await.unwrap().live;
    let live = deploy(&azure, &releases[1]).await.unwrap().live;
    let (mut at, mut told) = (0, 0);
    loop {
        let moved = azure.route(NAME, &to_newest).await.unwrap();
        assert_eq!(Some(&moved.to.id), live.as_ref());
        boxes.cloud.play(Script { cut: Some(Cut::After(at)), ..Script::default() });
        let finished = azure.route(NAME, &to_previous).await.is_ok();
        boxes.calm();
        if finished {
            break;
        }
        let between = azure.find(NAME).await.unwrap().unwrap();
        if between.live == live {
            told += usize::from(between.state.contains("mlship rollback"));
            let moved = azure.route(NAME, &to_previous).await.unwrap();
            assert_eq!(Some(&moved.to.id), before.as_ref());
        }
        let after = azure.find(NAME).await.unwrap().unwrap();
        assert_eq!((&after.live, after.state.as_str()), (&before, "ready"));
        assert_eq!(Some(&answer(&azure).await), releases[0].samples[0].expect.as_ref());
        at += 1;
    }
    assert!(at > 6 && told > 1, "{at} calls, {told} of them while it is not known what runs");
    boxes.clean(KIND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_of_a_group_cut_anywhere_is_finished_by_the_next() {
    let boxes = Boxes::new();
    let release = boxes.release(&json!({"is": "clear"}));
    let mut at = 0;
    loop {
        boxes.cloud.reset();
        let azure = boxes.connect(KIND).await;
        deploy(&azure, &release).await.unwrap();
        let calls = boxes.cloud.calls().len();
        boxes.cloud.play(Script { cut: Some(Cut::After(at)), ..Script::default() });
        let removed = azure.remove(NAME, &Silent).await.is_ok();
        let finished = removed && boxes.cloud.calls().len() - calls <= at;
        boxes.clean(KIND).await;
        if finished {
            break;
        }
        at += 1;
    }
    assert!(at > 5, "a removal has more calls than {at}");
}
