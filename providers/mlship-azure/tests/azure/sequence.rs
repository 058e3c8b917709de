//! What a first deploy writes is what az writes, in the same order, but for what is listed here
//! with its reason.

use mlship_azure::Config;
use mlship_core::release::Release;
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
    compare(&stage, config, &release, &az, &meant).await;
}

/// What both kinds of package have on a premium plan.
const PREMIUM: &[(&str, &str)] = &[
    ("PUT Microsoft.Web/serverfarms: kind: only mlship: `elastic`", "Azure's own word for it"),
    (
        "PUT Microsoft.Web/serverfarms: properties.maximumElasticWorkerCount: *",
        "how far it grows is in the manifest, or what every region has",
    ),
    ("PUT Microsoft.Web/serverfarms: sku.capacity: only mlship: 1", "Azure's default too"),
    (
        "mlship: PUT Microsoft.Web/sites/basicPublishingCredentialsPolicies/*",
        "nobody needs passwords",
    ),
    ("mlship: PUT Microsoft.Web/sites/config/slotConfigNames", "what stays where it is in a swap"),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.AzureFunctionsWebHost__hostid: *",
        "an app and its slot must not share one",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.AzureWebJobsDashboard: *",
        "only version 1 of the host reads it",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.MLSHIP_*",
        "the runtime reads them",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.WEBSITE_CONTENTSHARE: az *",
        "a name of its own",
    ),
    ("PUT Microsoft.Web/sites: properties.siteConfig.ftpsState: *", "nobody needs FTP"),
    ("PUT Microsoft.Web/sites: properties.siteConfig.http20Enabled: *", "callers may use it"),
    ("PUT Microsoft.Web/sites: properties.siteConfig.minTlsVersion: *", "Azure's default too"),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.use32BitWorkerProcess: *",
        "a word for Windows",
    ),
];

/// How az sends a zip to the consumption plan, which is what was recorded, is not all as on a
/// premium plan.
const ZIP: &[(&str, &str)] = &[
    ("az: PUT Microsoft.Web/sites/config/appsettings", "az names the package in a second call"),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.WEBSITE_RUN_FROM_PACKAGE: only \
         mlship: <address>",
        "the app is made with its package, in one call",
    ),
    (
        "mlship: PUT Microsoft.Storage/storageAccounts/blobServices/default/containers",
        "az makes the container for packages at the blob endpoint",
    ),
    (
        "PUT Microsoft.Web/sites: properties.serverFarmId: only mlship: <id of \
         Microsoft.Web/serverfarms>",
        "on the consumption plan Azure finds the plan itself",
    ),
];

/// How az lets an app of an image pull it is by a password of the registry.
const IMAGE: &[(&str, &str)] = &[
    ("az: PUT Microsoft.Web/sites/config/appsettings", "az puts the registry's password there"),
    ("az: PATCH Microsoft.Web/sites/config/web", "az names the image in a second call"),
    ("mlship: PUT Microsoft.ContainerRegistry/registries", "az was given one"),
    ("mlship: PUT Microsoft.ManagedIdentity/userAssignedIdentities", "no password: an identity"),
    ("mlship: PUT Microsoft.Authorization/roleAssignments", "no password: an identity"),
    ("mlship: POST Microsoft.Web/sites/syncfunctiontriggers", "so that functions are listed"),
    ("PUT Microsoft.Web/sites: identity.*", "no password: an identity"),
    ("PUT Microsoft.Web/sites: properties.siteConfig.acrUse*", "no password: an identity"),
    ("PUT Microsoft.Web/sites: properties.serverFarmId: az `plan-ep`*", "az gives the name alone"),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.DOCKER_CUSTOM_IMAGE_NAME: *",
        "the portal's note; what runs is `linuxFxVersion`",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.FUNCTIONS_WORKER_RUNTIME: *",
        "az leaves it to the image",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.FUNCTION_APP_EDIT_MODE: *",
        "a word for the portal",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.MACHINEKEY_DecryptionKey: *",
        "the host makes one",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.appSettings.WEBSITES_CONTAINER_START_TIME_LIMIT: *",
        "a large model takes a while to load",
    ),
    (
        "PUT Microsoft.Web/sites: properties.siteConfig.linuxFxVersion: az `DOTNET|8.0`*",
        "az names the image in a second call",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_premium_image_is_as_az_makes_it() {
    let stage = Stage::new(PREMIUM_IMAGE);
    let az = ["group", "storage-account", "premium-plan", "image-create"];
    let release = stage.release(&json!({"risk": 0.1}));
    compare(&stage, stage.config(), &release, &az, &[PREMIUM, IMAGE].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_premium_zip_is_as_az_makes_it() {
    // How az makes an app of a zip on such a plan was not recorded: that of the consumption plan
    // is what comes nearest.
    let stage = Stage::new(PREMIUM_ZIP);
    let az = ["group", "storage-account", "premium-plan", "consumption-create", "consumption-zip"];
    let release = stage.release(&json!({"risk": 0.1}));
    compare(&stage, stage.config(), &release, &az, &[PREMIUM, ZIP].concat()).await;
}

async fn compare(
    stage: &Stage,
    config: Config,
    release: &Release,
    az: &[&str],
    meant: &[(&str, &str)],
) {
    let azure = stage.connect_with(config).await.unwrap();
    deploy(&azure, release).await.unwrap();
    let found = differences(&of_az(az), &of_calls(&stage.cloud.calls()));
    let open = unexplained(&found, &[ALWAYS, meant].concat());
    assert!(open.is_empty(), "{}", open.join("\n"));
}
