//! Every call that a life of a service makes is valid by the vendor's own clients, and so is every
//! answer that it gets.

use mlship_azure::{Azure, Kind, Package};
use mlship_core::deployment::{Destination, LogQuery, Request, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::azure::judges::{self, Recorded};
use serde_json::json;

use crate::boxes::Boxes;
use crate::slots_stage::{Form, PREMIUM_IMAGE, PREMIUM_ZIP, Stage, WEB_APP};
use crate::stage::{NAME, deploy};

pub(crate) const FLEX: Form = Form { kind: Kind::FunctionsFlex, package: Package::Zip };

#[tokio::test(flavor = "multi_thread")]
async fn flex() {
    judge(FLEX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_with_a_zip() {
    judge(PREMIUM_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_with_an_image() {
    judge(PREMIUM_IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_app() {
    judge(WEB_APP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn container_apps() {
    judge_boxes(Kind::ContainerApps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn container_instances() {
    judge_boxes(Kind::ContainerInstances).await;
}

async fn judge(form: Form) {
    let stage = Stage::new(form);
    let azure = stage.connect().await.unwrap();
    let releases = [json!({"risk": 0.1}), json!({"risk": 0.2})].map(|one| stage.release(&one));
    live(&azure, &releases).await;
    judges::assert_valid(&Recorded::all(&stage.cloud.calls(), &stage.cloud.url()));
}

async fn judge_boxes(kind: Kind) {
    let boxes = Boxes::new();
    live(&boxes.connect(kind).await, &boxes.releases()).await;
    judges::assert_valid(&Recorded::all(&boxes.cloud.calls(), &boxes.cloud.url()));
}

/// Deploys both versions, looks at everything, goes back, and removes.
async fn live(azure: &Azure, releases: &[Release; 2]) {
    for release in releases {
        deploy(azure, release).await.unwrap();
    }
    assert!(azure.find(NAME).await.unwrap().is_some(), "it is found");
    azure.invoke(NAME, Request::json(br#"{"age": 63, "sex": 1}"#)).await.unwrap();
    let back = Route { to: Destination::Previous, share: Share::ALL };
    azure.route(NAME, &back).await.unwrap();
    azure.logs(NAME, &LogQuery { since_ms: None, limit: 10 }).await.unwrap();
    azure.remove(NAME, &Silent).await.unwrap();
}
