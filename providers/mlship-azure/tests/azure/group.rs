//! Resource groups: of mlship's making, of the user's own, and with other people's things in them.

use std::sync::Mutex;

use mlship_azure::{Config, Kind};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_testkit::azure::SUBSCRIPTION;
use serde_json::json;

use crate::boxes::Boxes;
use crate::stage::{GROUP, NAME, Stage, config, deploy, id_in_group};

/// What was said on the way.
#[derive(Debug, Default)]
struct Said(Mutex<Vec<String>>);

impl Progress for Said {
    fn step(&self, what: &str) {
        self.0.lock().unwrap().push(what.to_owned());
    }

    fn bytes(&self, _done: u64, _total: u64) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_somebody_elses_things_is_kept_and_said_to_be() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": 1}))).await.unwrap();
    let foreign = id_in_group("Microsoft.Storage/storageAccounts/theirs");
    stage.cloud.plant(&foreign, json!({"location": "westeurope", "properties": {}}));
    let said = Said::default();
    let removed = azure.remove(NAME, &said).await.unwrap();
    assert!(removed.iter().any(|one| one.starts_with("app ")), "{removed:?}");
    assert!(!removed.iter().any(|one| one.starts_with("resource group")), "{removed:?}");
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
    assert_eq!(stage.cloud.contents(), [group, foreign]);
    let said = said.0.into_inner().unwrap();
    let kept = said.iter().find(|line| line.contains("is kept")).unwrap();
    assert!(kept.contains("`theirs`") && kept.contains(GROUP), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_own_group_is_used_and_stays() {
    let stage = Stage::new();
    let config = Config { resource_group: Some("team".into()), ..config(Kind::FunctionsFlex) };
    let azure = stage.connect(config).await.unwrap();
    let release = stage.release(&json!({"is": 1}));
    let error = deploy(&azure, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    let hints = error.hints.join("; ");
    assert!(
        error.to_string().contains("`team`") && hints.contains("`resource-group: …`"),
        "{error:?}"
    );
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/team");
    stage.cloud.plant(&group, json!({"location": "eastus"}));
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!(made.settings["resource-group"], "team");
    azure.remove(NAME, &Said::default()).await.unwrap();
    assert_eq!(stage.cloud.contents(), [group]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_that_name_that_is_not_ours_is_refused() {
    let stage = Stage::new();
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
    stage.cloud.plant(&group, json!({"location": "westeurope"}));
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let error = azure.plan(&stage.release(&json!({"is": 1}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.to_string().contains(GROUP), "{error}");
    assert_eq!(azure.remove(NAME, &Said::default()).await.unwrap(), Vec::<String>::new());
    assert_eq!(stage.cloud.contents(), [group]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_group_of_the_users_own_is_found_by_the_plan_of_every_box() {
    let boxes = Boxes::new();
    for kind in [Kind::ContainerApps, Kind::ContainerInstances] {
        let config = Config { resource_group: Some("nobodys".into()), ..config(kind) };
        let azure = boxes.connect_with(config).await;
        let error = azure.plan(&boxes.release(&json!({"is": 1}))).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
        assert!(error.hints[0].contains("`resource-group: …`"), "{error:?}");
    }
    assert_eq!(boxes.cloud.writes(), 0, "nothing is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_does_not_keep_the_rest() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": 1}))).await.unwrap();
    let storage = "Microsoft.Storage/storageAccounts/";
    let before = stage.cloud.contents();
    assert!(before.iter().any(|id| id.contains(storage)), "{before:?}");
    stage.cloud.deny("Microsoft.Web/sites/delete");
    let error = azure.remove(NAME, &Said::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.reason.to_lowercase().contains("microsoft.web/sites/delete"), "{error}");
    let left = error.hints.iter().find(|hint| hint.starts_with("still there: app ")).unwrap();
    assert!(!left.contains("storage account"), "{left}");
    let contents = stage.cloud.contents();
    assert!(contents.iter().any(|id| id.contains("Microsoft.Web/sites/")), "{contents:?}");
    assert!(!contents.iter().any(|id| id.contains(storage)), "{contents:?}");
}
