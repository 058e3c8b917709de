//! What a first deploy writes is what az writes, in the same order, but for what is listed here
//! with its reason.

use mlship_azure::Config;
use mlship_testkit::azure::sequence::{differences, of_az, of_calls, unexplained};
use serde_json::json;

use crate::judges::FLEX;
use crate::slots_stage::{PREMIUM_IMAGE, PREMIUM_ZIP, Stage};
use crate::stage::deploy;

const TAGGED: &str = "all that mlship makes says which service it is for";

/// Differences that every kind has.
const ALWAYS: &[(&str, &str)] = &[
    ("PUT resourceGroups: tags.*", TAGGED),
    ("PUT Microsoft.Storage/storageAccounts: tags.*", TAGGED),
    ("PUT Microsoft.Web/serverfarms: tags.*", TAGGED),
    ("PUT Microsoft.Web/sites: tags.*", TAGGED),
    (
        "PUT Microsoft.Storage/storageAccounts: properties.encryption.*",
        "az spells out what Azure does by itself: it encrypts with keys of its own",
    ),
    (
        "PUT Microsoft.Storage/storageAccounts: properties.supportsHttpsTrafficOnly: only mlship: true",
        "Azure's default too; nothing may be sent in the clear",
    ),
    ("PUT Microsoft.Web/sites: properties.httpsOnly: az false, mlship true", "keys are sent to it"),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.APPLICATIONINSIGHTS_CONNECTION_STRING: \
         only mlship: *",
        "az was told to leave its logs out",
    ),
    ("mlship: PUT Microsoft.OperationalInsights/workspaces", "az was told to leave its logs out"),
    ("mlship: PUT Microsoft.Insights/components", "az was told to leave its logs out"),
    ("mlship: PATCH Microsoft.Resources/tags/default", "which version is live is said by tags"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_flex_deploy_is_as_az_makes_it() {
    let az = ["group", "storage-account", "flex-create", "flex-zip"];
    let stage = Stage::new(FLEX);
    let mut config = stage.config();
    // As az was told.
    config.instances.max = Some(40);
    let mut release = stage.release(&json!({"risk": 0.1}));
    release.project.resources.memory_mb.value = 2048;
    let containers = "PUT Microsoft.Storage/storageAccounts/blobServices/default/containers";
    let meant = [
        (
            "elsewhere: PUT Microsoft.Web/serverfarms",
            "neither the plan nor a container needs the other",
        ),
        (&format!("mlship: {containers}"), "packages are kept to go back to, in a container more"),
        (
            &format!("{containers}: properties.publicAccess: only mlship: `None`"),
            "Azure's default too",
        ),
        (
            "PUT Microsoft.Web/serverfarms: sku.family: only az: `FC`",
            "Azure knows it by the name of the size",
        ),
        (
            "PUT Microsoft.Web/serverfarms: sku.size: only az: `FC`",
            "Azure knows it by the name of the size",
        ),
        (
            "PUT Microsoft.Web/sites: properties.functionAppConfig.scaleAndConcurrency.triggers.http\
             .perInstanceConcurrency: only mlship: 1",
            "the manifest says how many requests at once; az says nothing",
        ),
    ];
    compare(&stage, config, &az, &meant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_premium_zip_is_as_az_makes_it() {
    // Of az there is the plan; how it sends a zip to such an app was not recorded.
    let stage = Stage::new(PREMIUM_ZIP);
    let az = ["group", "storage-account", "premium-plan"];
    compare(&stage, stage.config(), &az, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_premium_image_is_as_az_makes_it() {
    let stage = Stage::new(PREMIUM_IMAGE);
    let az = ["group", "storage-account", "premium-plan", "image-create"];
    compare(&stage, stage.config(), &az, &[]).await;
}

async fn compare(stage: &Stage, config: Config, az: &[&str], meant: &[(&str, &str)]) {
    let azure = stage.connect_with(config).await.unwrap();
    deploy(&azure, &stage.release(&json!({"risk": 0.1}))).await.unwrap();
    let found = differences(&of_az(az), &of_calls(&stage.cloud.calls()));
    let open = unexplained(&found, &[ALWAYS, meant].concat());
    assert!(open.is_empty(), "{}", open.join("\n"));
}
