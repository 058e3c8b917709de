//! A service's life on the Flex Consumption plan.

use mlship_azure::Kind;
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::share::Share;
use mlship_testkit::contract::contract;
use mlship_testkit::release::located;
use serde_json::json;

use crate::stage::{NAME, Stage, answer, calm, config, deploy, id_in_group};

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let releases = ["clear", "heart-disease"].map(|text| stage.release(&json!({"is": text})));
    contract(&azure, releases, &|| stage.cloud.writes()).await;
    assert_eq!(stage.cloud.contents(), Vec::<String>::new(), "remove leaves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writes_of_a_life_are_few() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let first = stage.release(&json!({"is": "clear"}));
    deploy(&azure, &first).await.unwrap();
    let made = [
        "PUT group",
        "PUT Microsoft.Storage/storageAccounts",
        "PUT Microsoft.Storage/storageAccounts/blobServices/containers",
        "PUT Microsoft.Storage/storageAccounts/blobServices/containers",
        "PUT Microsoft.OperationalInsights/workspaces",
        "PUT Microsoft.Insights/components",
        "PUT Microsoft.Web/serverfarms",
        "PUT Microsoft.Web/sites",
        "PUT blob",
        "PUT blob",
        "PATCH Microsoft.Resources/tags",
        "POST scm /api/publish",
        "PATCH Microsoft.Resources/tags",
    ];
    assert_eq!(stage.writes(), made);
    println!("first deploy: {} calls, {} writes", stage.cloud.calls().len(), made.len());

    let before = stage.cloud.calls().len();
    let second = stage.release(&json!({"is": "heart-disease"}));
    deploy(&azure, &second).await.unwrap();
    let replaced = [
        "PUT blob",
        "PUT blob",
        "PATCH Microsoft.Resources/tags",
        "POST scm /api/publish",
        "PATCH Microsoft.Resources/tags",
    ];
    assert_eq!(stage.writes()[made.len()..], replaced);
    println!("update: {} calls, {} writes", stage.cloud.calls().len() - before, replaced.len());

    // A commit that changes nothing is no deploy.
    let mut again = second.clone();
    again.git_revision = Some("b".repeat(40));
    assert_eq!(azure.plan(&again).await.unwrap(), Plan::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_as_the_manifest_says_and_a_change_is_one_update() {
    let stage = Stage::new();
    let mut config = config(Kind::FunctionsFlex);
    config.tags.insert("team".into(), "cardiology".into());
    config.instances = mlship_azure::Instances { min: Some(1), max: Some(40) };
    let azure = stage.connect(config).await.unwrap();
    let mut release = stage.release(&json!({"is": "clear"}));
    let made = deploy(&azure, &release).await.unwrap();
    let (app, url) = (&made.settings["app"], made.url.clone().unwrap());
    assert!(url.contains(app.as_str()), "{url}");
    assert_eq!(made.access, "private (key)");
    let id = id_in_group(&format!("Microsoft.Web/sites/{app}"));
    let found = stage.cloud.resource(&id).unwrap();
    assert_eq!(found["tags"]["team"], "cardiology");
    assert_eq!(found["tags"]["mlship:project"], NAME);
    let scale = &found["properties"]["functionAppConfig"]["scaleAndConcurrency"];
    assert_eq!(scale["instanceMemoryMB"], 512);
    assert_eq!(scale["maximumInstanceCount"], 40);
    assert_eq!(scale["alwaysReady"], json!([{"name": "http", "instanceCount": 1}]));
    assert_eq!(scale["triggers"]["http"]["perInstanceConcurrency"], 1);
    assert_eq!(found["properties"]["httpsOnly"], true);

    release.project.resources.memory_mb = located(1024);
    release.project.resources.concurrency = located(4);
    let plan = azure.plan(&release).await.unwrap();
    let [step] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!((step.verb, step.resource.as_str()), (Verb::Update, "app"));
    let changed: Vec<_> =
        step.differences.iter().map(|one| (one.field.as_str(), one.to.as_deref())).collect();
    let scale = "function-app-config.scale-and-concurrency";
    let expected = [
        (format!("{scale}.instance-memory-mb"), Some("2048")),
        (format!("{scale}.triggers.http.per-instance-concurrency"), Some("4")),
    ];
    assert_eq!(changed, expected.each_ref().map(|(field, to)| (field.as_str(), *to)));
    let made = azure.apply(&release, &plan, &Silent).await.unwrap();
    assert_eq!(made.settings["memory-mb"], "2048");
    assert_eq!(azure.plan(&release).await.unwrap(), Plan::default());
    assert_eq!(
        answer(&azure).await,
        json!({"is": "clear"}),
        "it still has its package and settings"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_puts_back_what_was_live() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let live = deploy(&azure, &stage.release(&json!({"is": "clear"}))).await.unwrap();
    let mut wrong = stage.release(&json!({"is": "wrong"}));
    wrong.samples[0].expect = Some(json!({"is": "right"}));
    let error = deploy(&azure, &wrong).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    assert_eq!(azure.find(NAME).await.unwrap().unwrap(), live);
    assert_eq!(answer(&azure).await, json!({"is": "clear"}));
    let blobs = stage.cloud.contents();
    let packages = blobs.iter().filter(|one| one.contains("/mlship-packages/")).count();
    assert_eq!(packages, 1, "what was refused is not kept: {blobs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_kept_for_two_versions_and_a_rollback_goes_back_in_time() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let mut made = Vec::new();
    for text in ["one", "two", "three"] {
        made.push(deploy(&azure, &stage.release(&json!({"is": text}))).await.unwrap());
    }
    let ids: Vec<_> = made[2].versions.iter().map(|version| Some(version.id.clone())).collect();
    assert_eq!(ids, [made[2].live.clone(), made[1].live.clone()]);
    let kept = stage.cloud.contents();
    assert_eq!(kept.iter().filter(|one| one.contains("/mlship-packages/")).count(), 2);

    let to = |to| Route { to, share: Share::ALL };
    let moved = azure.route(NAME, &to(Destination::Previous)).await.unwrap();
    assert_eq!(Some(moved.to.id), made[1].live);
    assert_eq!(answer(&azure).await, json!({"is": "two"}));
    let again = azure.route(NAME, &to(Destination::Previous)).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::NotFound, "there is no older one: {again}");
    let forth = azure.route(NAME, &to(Destination::Newest)).await.unwrap();
    assert_eq!(Some(forth.to.id), made[2].live);
    assert_eq!(answer(&azure).await, json!({"is": "three"}));
    let part = Route { share: Share::percent(10).unwrap(), ..to(Destination::Previous) };
    let error = azure.route(NAME, &part).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.hints[0].contains("kind: container-apps"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_the_newest_lines_oldest_first() {
    let stage = Stage::new();
    let azure = stage.connect(config(Kind::FunctionsFlex)).await.unwrap();
    let absent = azure.logs(NAME, &LogQuery { since_ms: None, limit: 9 }).await.unwrap_err();
    assert_eq!(absent.kind, ErrorKind::NotFound, "{absent}");
    let made = deploy(&azure, &stage.release(&json!({"is": "clear"}))).await.unwrap();
    let id = id_in_group(&format!("Microsoft.Web/sites/{}", made.settings["app"]));
    for at_ms in [3_000, 1_000, 2_000] {
        stage.cloud.log(&id, at_ms, &format!("line {at_ms}"));
    }
    let lines = async |since_ms, limit| {
        let query = LogQuery { since_ms, limit };
        let lines = azure.logs(NAME, &query).await.unwrap();
        lines.into_iter().map(|line| (line.at_ms, line.text)).collect::<Vec<_>>()
    };
    let line = |at_ms: i64| (at_ms, format!("line {at_ms}"));
    assert_eq!(lines(None, 9).await, [line(1_000), line(2_000), line(3_000)]);
    assert_eq!(lines(None, 2).await, [line(2_000), line(3_000)]);
    assert_eq!(lines(Some(2_001), 9).await, [line(3_000)]);
    calm(&stage);
}
