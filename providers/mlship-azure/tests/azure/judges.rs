//! Every call that a life of a service makes is valid by the vendor's own clients, and so is every
//! answer that it gets.

use mlship_azure::{Config, Kind};
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::azure::judges::{self, Recorded};
use serde_json::{Value, json};

use crate::judged::{Judged, NAME, config};

#[tokio::test(flavor = "multi_thread")]
async fn flex() {
    judge(config(Kind::FunctionsFlex), Judged::zip).await;
}

/// Deploys two versions, looks at everything, goes back, and removes.
async fn judge(config: Config, release: fn(&Judged, &Value) -> Release) {
    let judged = Judged::new();
    let azure = judged.connect(config).await;
    for answer in [json!({"risk": 0.1}), json!({"risk": 0.2})] {
        judged.deploy(&azure, &release(&judged, &answer)).await;
    }
    let found = azure.find(NAME).await.unwrap();
    assert!(found.is_some(), "it is found");
    let back = Route { to: Destination::Previous, share: Share::ALL };
    azure.invoke(NAME, br#"{"age": 63, "sex": 1}"#).await.unwrap();
    azure.route(NAME, &back).await.unwrap();
    azure.logs(NAME, &LogQuery::default()).await.unwrap();
    azure.remove(NAME, &Silent).await.unwrap();
    judges::assert_valid(&Recorded::all(&judged.cloud.calls(), &judged.cloud.url()));
}
