//! A service from its first revision to its removal.

use serde_json::{Value, json};

use super::super::revision::held;
use super::super::service::remove;
use super::super::settle::{started, take};
use super::super::{Persist, text};
use super::world::{Around, NAME, service};

fn ends(body: &Value, member: &str) -> String {
    text::last(body[member].as_str().unwrap_or_default()).to_owned()
}

#[test]
fn a_service_is_made_and_shown_as_google_shows_it() {
    let mut world = Around::default();
    let begun = world.create(&service("eu/iris:1")).unwrap();
    assert_eq!((&begun["reconciling"], &begun["generation"]), (&json!(true), &json!("1")));
    assert_eq!(begun["latestReadyRevision"], Value::Null);
    assert_eq!(begun["terminalCondition"]["state"], "CONDITION_RECONCILING");
    let body = world.settled().unwrap();
    assert_eq!(body["name"], NAME);
    assert_eq!(body["reconciling"], false);
    assert_eq!(body["observedGeneration"], "1");
    assert_eq!(body["terminalCondition"]["state"], "CONDITION_SUCCEEDED");
    assert!(ends(&body, "latestReadyRevision").starts_with("iris-00001-"), "{body}");
    assert_eq!(body["latestReadyRevision"], body["latestCreatedRevision"]);
    assert_eq!(body["trafficStatuses"][0]["percent"], 100);
    assert!(body["uri"].as_str().unwrap().ends_with("-ew.a.run.localhost:80"), "{body}");
    assert_eq!(body["template"]["maxInstanceRequestConcurrency"], 80);
    let again = world.create(&service("eu/iris:1")).unwrap_err();
    assert_eq!((again.code, again.status), (409, "ALREADY_EXISTS"));
}

#[test]
fn only_a_changed_template_makes_a_revision() {
    let mut world = Around::default();
    let made = world.made(&service("eu/iris:1"));
    let first = ends(&made, "latestCreatedRevision");
    world.patch(&json!({"labels": {"a": "b"}}), "labels").unwrap();
    let labelled = world.settled().unwrap();
    assert_eq!(ends(&labelled, "latestCreatedRevision"), first);
    assert_eq!(labelled["generation"], "2");
    assert_ne!(labelled["etag"], made["etag"]);
    // Without a mask all is replaced: the labels go, the template is as it was.
    world.patch(&service("eu/iris:1"), "").unwrap();
    let whole = world.settled().unwrap();
    assert_eq!(whole["labels"], Value::Null);
    assert_eq!(ends(&whole, "latestCreatedRevision"), first);
    world.patch(&service("eu/iris:2"), "template").unwrap();
    assert!(ends(&world.settled().unwrap(), "latestReadyRevision").starts_with("iris-00002-"));
    let unknown = world.patch(&service("eu/iris:2"), "tempalte").unwrap_err();
    assert_eq!(unknown.status, "INVALID_ARGUMENT");
}

#[test]
fn a_revision_has_the_name_that_it_is_given_once() {
    let mut world = Around::default();
    let mut body = service("eu/iris:1");
    body["template"]["revision"] = json!("other-v1");
    assert!(world.create(&body).unwrap_err().message.contains("prefixed"));
    body["template"]["revision"] = json!("iris-v1");
    body["template"]["annotations"] = json!({"mlship-stamp": "id=v1"});
    assert_eq!(ends(&world.made(&body), "latestReadyRevision"), "iris-v1");
    let revision = world.services.all[NAME].revision("iris-v1").unwrap();
    assert_eq!(revision.body["annotations"]["mlship-stamp"], "id=v1");
    assert_eq!(revision.body["containers"][0]["image"], "eu/iris:1@sha256:00");
    assert_eq!(revision.environment["K_REVISION"], "iris-v1");
    // The same name for another template is refused.
    body["template"]["containers"][0]["image"] = json!("eu/iris:2");
    let taken = world.patch(&body, "template").unwrap_err();
    assert_eq!((taken.code, taken.status), (409, "ALREADY_EXISTS"));
}

#[test]
fn an_etag_of_before_is_refused() {
    let mut world = Around::default();
    let made = world.made(&service("eu/iris:1"));
    let mut sent = service("eu/iris:2");
    sent["etag"] = made["etag"].clone();
    world.patch(&sent, "").unwrap();
    let late = world.patch(&sent, "").unwrap_err();
    assert_eq!((late.code, late.status), (409, "ABORTED"));
    let old = made["etag"].as_str().unwrap();
    assert!(remove(&mut world.services, NAME, old, Persist::Yes).is_err());
    remove(&mut world.services, NAME, "", Persist::Yes).unwrap();
    assert_eq!(world.patch(&service("eu/iris:2"), "").unwrap_err().status, "NOT_FOUND");
}

#[test]
fn a_revision_that_never_listens_leaves_all_as_it_was() {
    let mut world = Around::default();
    let made = world.made(&service("eu/iris:1"));
    let mut body = service("eu/iris:2");
    body["template"]["revision"] = json!("iris-bad");
    body["template"]["containers"][0]["env"] =
        json!([{"name": "STANDIN_NEVER_LISTENS", "value": "1"}]);
    let good = ends(&made, "latestReadyRevision");
    let pinned = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
    body["traffic"] = json!([{"type": pinned, "revision": good, "percent": 100, "tag": "live"},
        {"type": pinned, "revision": "iris-bad", "tag": "trial"}]);
    world.patch(&body, "template,traffic").unwrap();
    let failed = world.settled().unwrap_err();
    let words = "failed to start and listen on the port defined provided by the PORT=8080";
    assert!(failed.message.contains(words), "{}", failed.message);
    assert_eq!(failed.status, "FAILED_PRECONDITION");
    let body = &world.services.all[NAME].body;
    assert_eq!(body["latestReadyRevision"], made["latestReadyRevision"]);
    assert_eq!(body["trafficStatuses"], made["trafficStatuses"]);
    assert_eq!(body["terminalCondition"]["state"], "CONDITION_FAILED");
    assert!(body["terminalCondition"]["message"].as_str().unwrap().contains("iris-bad"));
    assert_eq!(body["observedGeneration"], "1");
    let ready = &world.services.all[NAME].revision("iris-bad").unwrap().body["conditions"][0];
    assert_eq!(ready["revisionReason"], "HEALTH_CHECK_CONTAINER_ERROR");
    // The traffic alone can be put in order again.
    world
        .patch(&json!({"traffic": [{"type": pinned, "revision": good, "percent": 100}]}), "traffic")
        .unwrap();
    world.settled().unwrap();
}

#[test]
fn what_a_revision_cannot_have_makes_it_fail_late() {
    for (body, status, words) in [
        (service("eu/missing:1"), "NOT_FOUND", "not found"),
        (
            json!({"template": {"containers": [{"image": "eu/iris:1", "env": [{"name": "KEY",
                "valueSource": {"secretKeyRef": {"secret": "no", "version": "3"}}}]}]}}),
            "NOT_FOUND",
            "secrets/no/versions/3 was not found",
        ),
    ] {
        let mut world = Around::default();
        world.create(&body).unwrap();
        let failed = world.settled().unwrap_err();
        assert_eq!(failed.status, status);
        assert!(failed.message.contains(words), "{}", failed.message);
        assert_eq!(world.services.all[NAME].body["latestReadyRevision"], Value::Null);
    }
    let mut world = Around::default();
    world.set.platform = Some("linux/arm64");
    world.create(&service("eu/iris:1")).unwrap();
    assert!(world.settled().unwrap_err().message.contains("must support amd64/linux"));
}

#[test]
fn a_secret_is_in_the_environment() {
    let mut world = Around::default();
    world.set.secrets.insert("key:3".into(), "sesame".into());
    let reference = json!({"secretKeyRef": {"secret": "projects/p/secrets/key", "version": "3"}});
    let mut body = service("eu/iris:1");
    body["template"]["containers"][0]["env"] = json!([{"name": "KEY", "valueSource": reference}]);
    world.made(&body);
    assert_eq!(world.services.all[NAME].revisions[0].environment["KEY"], "sesame");
}

#[test]
fn revisions_that_are_needed_are_held() {
    let mut world = Around::default();
    world.made(&service("eu/iris:1"));
    world.patch(&service("eu/iris:2"), "template").unwrap();
    world.settled().unwrap();
    let ids: Vec<String> =
        world.services.all[NAME].revisions.iter().map(|one| one.id().to_owned()).collect();
    let service = &world.services.all[NAME];
    assert_eq!(held(service, &ids[0]), None);
    assert_eq!(held(service, &ids[1]).unwrap().status, "FAILED_PRECONDITION");
    let pinned = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
    let traffic = json!([{"type": pinned, "revision": ids[1], "percent": 100},
        {"type": pinned, "revision": ids[0], "tag": "old"}]);
    world.patch(&json!({"traffic": traffic}), "traffic").unwrap();
    assert!(held(&world.services.all[NAME], &ids[0]).unwrap().message.contains("tag"));
}

#[test]
fn what_the_test_says_of_a_start_counts() {
    let mut world = Around::default();
    world.create(&service("eu/iris:1")).unwrap();
    let start = take(&mut world.services).unwrap();
    assert_eq!(start.environment["PORT"], "8080");
    assert!(take(&mut world.services).is_none(), "it is started once");
    started(&mut world.services, &start, Err("never listens".into()));
    assert!(world.settled().is_err());
}
