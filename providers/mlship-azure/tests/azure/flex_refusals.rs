//! What is refused, and in what words.

use mlship_azure::Kind;
use mlship_core::artifact::Format;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::share::Share;
use mlship_testkit::release::located;
use serde_json::json;

use crate::stage::{GROUP, NAME, Stage, answer, config, deploy, id_in_group, package};

fn words(error: &ProviderError) -> String {
    format!("{error}; {}", error.hints.join("; "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_without_the_plan_is_refused_before_anything_is_made() {
    let stage = Stage::new();
    let mut config = config(Kind::FunctionsFlex);
    config.location = "westus".into();
    let azure = stage.connect(config).await.unwrap();
    let error = deploy(&azure, &stage.release(&json!({"is": 1}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let words = words(&error);
    assert!(words.contains("`functions-flex`") && words.contains("`westus`"), "{words}");
    assert!(words.contains("`location: …`") && words.contains("westeurope"), "{words}");
    assert_eq!(stage.cloud.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_else_has_is_refused_before_anything_is_made() {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": 1}));
    let mut config = config(Kind::FunctionsFlex);
    config.app = Some("heart".into());
    config.storage_account = Some("heartstore".into());
    for (name, key) in [("heart", "app"), ("heartstore", "storage-account")] {
        stage.cloud.reset();
        stage.cloud.take_name(name);
        let azure = stage.connect(config.clone()).await.unwrap();
        let error = deploy(&azure, &release).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        let words = words(&error);
        assert!(words.contains(&format!("`{name}`")), "{words}");
        assert!(words.contains("the whole of Azure"), "{words}");
        assert!(words.contains(&format!("`{key}: …`")), "{words}");
        assert_eq!(stage.cloud.writes(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_with_its_scope() {
    let stage = Stage::new();
    let release = stage.release(&json!({"is": 1}));
    let actions = [
        "Microsoft.Web/sites/write",
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Web/sites/publish/Action",
    ];
    for action in actions {
        stage.cloud.reset();
        stage.cloud.deny(action);
        let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
        let error = deploy(&azure, &release).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        let words = words(&error).to_lowercase();
        assert!(words.contains(&format!("`{}`", action.to_lowercase())), "{words}");
        assert!(words.contains(&format!("/resourcegroups/{GROUP}")), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_said_to_be_one() {
    let stage = Stage::new();
    stage.cloud.exhaust("Microsoft.Web/serverfarms");
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let error = deploy(&azure, &stage.release(&json!({"is": 1}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Quota, "{error}");
    assert!(words(&error).contains("`location: …`"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_kind_cannot_run_is_refused_with_another_kind() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let mut image = stage.release(&json!({"is": 1}));
    image.artifact.format = Format::Image;
    let mut large = stage.release(&json!({"is": 1}));
    large.project.resources.memory_mb = located(4097);
    for release in [image, large] {
        let error = azure.plan(&release).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(words(&error).contains("`kind: "), "{error:?}");
    }
    let mut part = stage.release(&json!({"is": 1}));
    part.share = Share::percent(10).unwrap();
    deploy(&azure, &part).await.expect("the first deploy takes everything");
    let mut next = stage.release(&json!({"is": 2}));
    next.share = Share::percent(10).unwrap();
    let error = azure.plan(&next).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(words(&error).contains("`kind: container-apps`"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_too_long_is_told_with_its_limit() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    deploy(&azure, &stage.release(&json!({"is": "clear"}))).await.unwrap();
    let slow = stage.release(&json!("timeout"));
    let error = deploy(&azure, &slow).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification, "{error}");
    assert!(words(&error).contains("within 230 s"), "{error:?}");
    assert_eq!(answer(&azure).await, json!({"is": "clear"}), "the live version is put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_without_functions_is_not_a_success() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let live = deploy(&azure, &stage.release(&json!({"is": "clear"}))).await.unwrap();
    for (file, mode, says) in [
        ("predict/function.json", 0, "no function"),
        ("host.json", 0, "no function"),
        ("handler", 0o666, "Permission denied"),
        ("handler", 0, "No such file"),
    ] {
        let answer = json!({"without": file, "mode": mode});
        let zip = package(&answer.to_string(), &[(file, mode)]);
        let release = stage.release_of(&zip, &answer);
        let error = deploy(&azure, &release).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed, "{error}");
        assert!(error.reason.contains(says), "{error}");
        assert_eq!(azure.find(NAME).await.unwrap().as_ref(), Some(&live), "{file}");
    }
    let broken = stage.release_of(b"PK, but no zip", &json!({"is": 1}));
    let error = deploy(&azure, &broken).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "{error}");
    assert!(error.reason.contains("not a valid zip"), "{error}");
    assert_eq!(answer(&azure).await, json!({"is": "clear"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mlship_did_not_make_is_left_alone() {
    let stage = Stage::new();
    let mut config = config(Kind::FunctionsFlex);
    config.app = Some("heart".into());
    let release = stage.release(&json!({"is": 1}));
    let foreign = id_in_group("Microsoft.Web/sites/heart");
    let body = json!({"location": "westeurope", "tags": {"mlship:project": "another"},
        "kind": "functionapp,linux", "properties": {}});
    stage.cloud.plant(&foreign, body);
    let azure = stage.connect(config).await.unwrap();
    assert_eq!(azure.find(NAME).await.unwrap(), None);
    let error = azure.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(words(&error).contains("was not made by mlship"), "{error}");
    let before = stage.cloud.contents();
    assert_eq!(azure.remove(NAME, &Silent).await.unwrap(), Vec::<String>::new());
    assert_eq!(stage.cloud.contents(), before);
}
