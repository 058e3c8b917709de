//! Container apps: the provider's contract, shares of the traffic, and what is refused.

use mlship_azure::Kind;
use mlship_testkit::contract::{contract, share_contract};

use crate::boxes::Boxes;

#[tokio::test(flavor = "multi_thread")]
async fn container_apps_keep_the_contract() {
    let boxes = Boxes::new();
    let azure = boxes.connect(Kind::ContainerApps).await;
    contract(&azure, boxes.releases(), &|| boxes.cloud.writes()).await;
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn container_apps_divide_the_traffic() {
    let boxes = Boxes::new();
    let azure = boxes.connect(Kind::ContainerApps).await;
    share_contract(&azure, boxes.releases(), &|| boxes.cloud.writes()).await;
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
}
