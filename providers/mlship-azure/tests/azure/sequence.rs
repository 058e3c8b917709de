//! What a first deploy writes is what az writes, in the same order, but for what is listed here
//! with its reason.

use mlship_azure::{Config, Kind};
use mlship_core::release::Release;
use mlship_testkit::azure::sequence::{differences, of_az, of_calls, unexplained};
use serde_json::{Value, json};

use crate::judged::{Judged, config};

/// Differences that every kind has.
const ALWAYS: &[(&str, &str)] = &[];

#[tokio::test(flavor = "multi_thread")]
async fn a_flex_deploy_is_as_az_makes_it() {
    let az = ["group", "storage-account", "flex-create", "flex-zip"];
    compare(config(Kind::FunctionsFlex), Judged::zip, &az, &[]).await;
}

async fn compare(
    config: Config,
    release: fn(&Judged, &Value) -> Release,
    az: &[&str],
    meant: &[(&str, &str)],
) {
    let judged = Judged::new();
    let azure = judged.connect(config).await;
    judged.deploy(&azure, &release(&judged, &json!({"risk": 0.1}))).await;
    let found = differences(&of_az(az), &of_calls(&judged.cloud.calls()));
    let open = unexplained(&found, &[ALWAYS, meant].concat());
    assert!(open.is_empty(), "{}", open.join("\n"));
}
