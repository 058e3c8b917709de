//! The life of a service whose app has a slot.

use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::share::Share;
use mlship_testkit::contract::contract;
use serde_json::{Value, json};

use crate::slots_stage::{
    DEDICATED_IMAGE, DEDICATED_ZIP, Form, PREMIUM_IMAGE, PREMIUM_ZIP, Stage, WEB_APP,
};
use crate::stage::{NAME, answer, deploy};

async fn keeps_the_contract(form: Form) {
    let stage = Stage::new(form);
    let azure = stage.connect().await.unwrap();
    let releases = ["clear", "heart-disease"].map(|text| stage.release(&json!({"is": text})));
    contract(&azure, releases, &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "remove leaves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_functions_of_a_zip_keep_the_contract() {
    keeps_the_contract(PREMIUM_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dedicated_functions_of_a_zip_keep_the_contract() {
    keeps_the_contract(DEDICATED_ZIP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn premium_functions_of_an_image_keep_the_contract() {
    keeps_the_contract(PREMIUM_IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dedicated_functions_of_an_image_keep_the_contract() {
    keeps_the_contract(DEDICATED_IMAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_app_keeps_the_contract() {
    keeps_the_contract(WEB_APP).await;
}
