//! Every call that a life of a service makes is valid by the vendor's own clients, and so is every
//! answer that it gets.

use mlship_azure::{Kind, Package};
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::share::Share;
use mlship_testkit::azure::judges::{self, Recorded};
use serde_json::json;

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

/// Deploys two versions, looks at everything, goes back, and removes.
async fn judge(form: Form) {
    let stage = Stage::new(form);
    let azure = stage.connect().await.unwrap();
    for answer in [json!({"risk": 0.1}), json!({"risk": 0.2})] {
        deploy(&azure, &stage.release(&answer)).await.unwrap();
    }
    assert!(azure.find(NAME).await.unwrap().is_some(), "it is found");
    azure.invoke(NAME, br#"{"age": 63, "sex": 1}"#).await.unwrap();
    let back = Route { to: Destination::Previous, share: Share::ALL };
    azure.route(NAME, &back).await.unwrap();
    azure.logs(NAME, &LogQuery { since_ms: None, limit: 10 }).await.unwrap();
    azure.remove(NAME, &Silent).await.unwrap();
    judges::assert_valid(&Recorded::all(&stage.cloud.calls(), &stage.cloud.url()));
}
