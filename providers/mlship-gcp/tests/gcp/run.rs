//! The life of a Cloud Run service: the provider's contract, shares of the traffic, and what is
//! left alone.

use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_gcp::Kind;
use mlship_testkit::contract::{contract, share_contract};
use serde_json::json;

use crate::stage::{IMAGE, NAME, SOURCE, Stage, answer, deploy};

async fn keeps_the_contract(kind: Kind) {
    let stage = Stage::new();
    let gcp = stage.connect(kind).await;
    contract(&gcp, stage.releases(kind), &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

async fn divides_the_traffic(kind: Kind) {
    let stage = Stage::new();
    let gcp = stage.connect(kind).await;
    share_contract(&gcp, stage.releases(kind), &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_keeps_the_contract() {
    keeps_the_contract(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_keeps_the_contract() {
    keeps_the_contract(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_divide_the_traffic() {
    divides_the_traffic(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_divide_the_traffic() {
    divides_the_traffic(IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_has_few_writes() {
    let stage = Stage::new();
    let gcp = stage.connect(SOURCE).await;
    let [one, two] = stage.releases(SOURCE);
    deploy(&gcp, &one).await.unwrap();
    let writes = || -> Vec<String> {
        let brief = |path: &str| path.split('/').next_back().unwrap_or_default().to_owned();
        stage.written().iter().map(|one| format!("{} {}", one.method, brief(&one.path))).collect()
    };
    let first = writes();
    println!("{first:?}");
    // The bucket, the upload begun and sent, the service, and its traffic.
    assert_eq!(first.len(), 5, "{first:?}");
    deploy(&gcp, &one).await.unwrap();
    assert_eq!(writes().len(), 5, "nothing is written when nothing changes");
    deploy(&gcp, &two).await.unwrap();
    // The upload begun and sent, the revision on trial, and the traffic.
    assert_eq!(writes().len(), 9, "{:?}", writes());
}

/// Only the newest five stay, with what they are made of; and the live one, however old.
async fn old_versions_go(kind: Kind, what: &str) {
    let stage = Stage::new();
    let gcp = stage.connect(kind).await;
    let releases: Vec<Release> =
        (0..7).map(|number| stage.release(kind, &json!({"is": number}))).collect();
    let mut ids = Vec::new();
    for release in &releases {
        ids.push(deploy(&gcp, release).await.unwrap().live.unwrap());
    }
    let found = gcp.find(NAME).await.unwrap().unwrap();
    assert_eq!(found.versions.len(), 5);
    let contents = stage.cloud.contents();
    let of = |what: &str| contents.iter().filter(|name| name.contains(what)).count();
    assert_eq!([of("/revisions/"), of(what)], [5, 5], "{contents:?}");
    let route = |to: &str| Route { to: Destination::Version(to.into()), share: Share::ALL };
    let moved = gcp.route(NAME, &route(&ids[3])).await.unwrap();
    assert_eq!(moved.to.id, ids[3]);
    assert_eq!(answer(&gcp).await, json!({"is": 3}));
    let gone = gcp.route(NAME, &route(&ids[0])).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    // What was removed can be had again.
    deploy(&gcp, &releases[0]).await.unwrap();
    assert_eq!(answer(&gcp).await, json!({"is": 0}));
    stage.clean(kind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_go_with_their_sources() {
    old_versions_go(SOURCE, "/source/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_go_with_their_images() {
    old_versions_go(IMAGE, "image ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_deploys_at_once_end_with_one_of_them_live() {
    let stage = Stage::new();
    let gcp = stage.connect(SOURCE).await;
    let first = stage.release(SOURCE, &json!({"is": "first"}));
    deploy(&gcp, &first).await.unwrap();
    let releases = stage.releases(SOURCE);
    let plans = [gcp.plan(&releases[0]).await.unwrap(), gcp.plan(&releases[1]).await.unwrap()];
    let (one, two) = tokio::join!(
        gcp.apply(&releases[0], &plans[0], &Silent),
        gcp.apply(&releases[1], &plans[1], &Silent),
    );
    let outcomes = [one, two];
    assert!(outcomes.iter().any(Result::is_ok), "{outcomes:?}");
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    }
    let found = gcp.find(NAME).await.unwrap().unwrap();
    let live = found.versions.iter().find(|one| Some(&one.id) == found.live.as_ref()).unwrap();
    let of = releases
        .iter()
        .find(|release| live.content_sha256.as_ref() == Some(&release.artifact.content_sha256));
    assert_eq!(Some(answer(&gcp).await), of.unwrap().samples[0].expect);
}
