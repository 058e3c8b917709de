//! Percents, tags and the newest ready revision.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::answering;
use super::world::{Around, NAME, service};

const REVISION: &str = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
const LATEST: &str = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";

/// A service with the revisions `iris-v1` and `iris-v2`, all to the newest.
fn two() -> Around {
    let mut world = Around::default();
    for name in ["iris-v1", "iris-v2"] {
        let mut body = service(&format!("eu/iris:{name}"));
        body["template"]["revision"] = json!(name);
        if name == "iris-v1" {
            world.create(&body).unwrap();
        } else {
            world.patch(&body, "template").unwrap();
        }
        world.settled().unwrap();
    }
    world
}

fn set(world: &mut Around, traffic: Value) -> Result<Value, String> {
    let begun = world.patch(&json!({"traffic": traffic}), "traffic");
    begun.map_err(|why| why.message)?;
    world.settled().map_err(|why| why.message)
}

#[test]
fn traffic_is_dealt_out_by_percents() {
    let mut world = two();
    let body = set(
        &mut world,
        json!([{"type": REVISION, "revision": "iris-v1", "percent": 90, "tag": "live"},
            {"type": REVISION, "revision": "iris-v2", "percent": 10, "tag": "beside"}]),
    )
    .unwrap();
    let uri = body["uri"].as_str().unwrap().replace("http://", "http://live---");
    assert_eq!(body["trafficStatuses"][0]["uri"], uri);
    let service = &world.services.all[NAME];
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    (0..200)
        .for_each(|call| *counts.entry(answering(service, None, call).unwrap()).or_default() += 1);
    assert_eq!(counts, [("iris-v1".into(), 180), ("iris-v2".into(), 20)].into());
    assert_eq!(answering(service, Some("beside"), 0).unwrap(), "iris-v2");
    assert_eq!(answering(service, Some("trial"), 0), None);
}

#[test]
fn latest_is_the_newest_that_came_up() {
    let mut world = two();
    let mut bad = service("eu/missing:1");
    bad["template"]["revision"] = json!("iris-v3");
    world.patch(&bad, "template").unwrap();
    world.settled().unwrap_err();
    assert_eq!(answering(&world.services.all[NAME], None, 0).unwrap(), "iris-v2");
}

#[test]
fn a_tag_without_traffic_is_reached_and_has_no_percent() {
    let mut world = two();
    let body = set(
        &mut world,
        json!([{"type": REVISION, "revision": "iris-v1", "percent": 100},
            {"type": REVISION, "revision": "iris-v2", "percent": 0, "tag": "trial"}]),
    )
    .unwrap();
    assert_eq!(body["trafficStatuses"][1].get("percent"), None);
    assert_eq!(answering(&world.services.all[NAME], Some("trial"), 0).unwrap(), "iris-v2");
}

#[test]
fn traffic_that_makes_no_sense_is_refused() {
    let mut world = two();
    let one = |percent: u32, tag: &str| json!({"type": REVISION, "revision": "iris-v1", "percent": percent, "tag": tag});
    for (traffic, words) in [
        (json!([one(90, "a")]), "must sum to 100, got 90"),
        (json!([one(50, "a"), one(50, "a")]), "used more than once"),
        (json!([one(100, "Live")]), "lowercase"),
        (json!([one(100, &"a".repeat(43))]), "combined length"),
        (json!([{"type": REVISION, "revision": "iris-v9", "percent": 100}]), "'iris-v9' not found"),
        (json!([{"type": REVISION, "percent": 100}]), "revision is required"),
        (json!([{"type": LATEST, "revision": "iris-v1", "percent": 100}]), "must be empty"),
        (json!([{"revision": "iris-v1", "percent": 100}]), "type must be specified"),
        (json!([{"type": LATEST, "percent": 120}]), "from 0 to 100"),
    ] {
        let why = set(&mut world, traffic).unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}
