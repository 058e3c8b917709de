//! Container apps: the provider's contract, shares of the traffic, and what is refused.

use mlship_azure::{Access, Config, Kind};
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::contract::{contract, share_contract};
use serde_json::json;

use crate::access::access_change;
use crate::boxes::Boxes;
use crate::stage::{NAME, answer, config, deploy, id_in_group};

const KIND: Kind = Kind::ContainerApps;

fn app_id() -> String {
    id_in_group(&format!("Microsoft.App/containerApps/{NAME}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn container_apps_keep_the_contract() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    contract(&azure, boxes.releases(), &|| boxes.cloud.writes()).await;
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn container_apps_divide_the_traffic() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    share_contract(&azure, boxes.releases(), &|| boxes.cloud.writes()).await;
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_a_secret_that_is_made_once() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let told = boxes.fetching(boxes.release(&json!({"environment": true})), b"weights");
    let mut release = Release { samples: Vec::new(), ..told };
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!(made.access, "private (key)");
    let first = answer(&azure).await;
    assert!(first["MLSHIP_KEY"].as_str().unwrap().len() > 40, "{first}");
    assert!(first["MLSHIP_MODEL_STORE"].as_str().unwrap().contains("sig="), "{first}");
    let shown = boxes.cloud.resource(&app_id()).unwrap().to_string();
    for secret in [&first["MLSHIP_KEY"], &first["MLSHIP_MODEL_STORE"]] {
        assert!(!shown.contains(secret.as_str().unwrap()), "secrets are not shown");
    }
    release.project.resources.memory_mb.value = 2000;
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!([&made.settings["cpu"], &made.settings["memory"]], ["1", "2Gi"]);
    assert_eq!(made.versions.len(), 2, "other settings are another revision");
    assert_eq!(answer(&azure).await["MLSHIP_KEY"], first["MLSHIP_KEY"], "callers keep their key");
    let open = Config { access: Access::Public, ..config(KIND) };
    let azure = boxes.connect_with(open).await;
    assert_eq!(access_change(&azure.plan(&release).await.unwrap()), "key -> public");
    assert_eq!(deploy(&azure, &release).await.unwrap().access, "public");
    assert_eq!(answer(&azure).await["MLSHIP_KEY"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_that_nobody_goes_back_to_are_switched_off_and_lose_their_images() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let releases: Vec<Release> =
        (0..7).map(|number| boxes.release(&json!({"is": number}))).collect();
    let mut ids = Vec::new();
    for release in &releases {
        ids.push(deploy(&azure, release).await.unwrap().live.unwrap());
    }
    let found = azure.find(NAME).await.unwrap().unwrap();
    assert_eq!(found.versions.len(), 5);
    let contents = boxes.cloud.contents();
    assert_eq!(contents.iter().filter(|id| id.starts_with("image ")).count(), 5, "{contents:?}");
    let switched = boxes.writes();
    let off = switched.iter().filter(|call| call.ends_with("/deactivate"));
    assert_eq!(off.count(), 5, "the live one and the one before stay on");
    // One that is off is switched on again before it gets traffic.
    let to = Destination::Version(ids[3].clone());
    let moved = azure.route(NAME, &Route { to, share: Share::ALL }).await.unwrap();
    assert_eq!(moved.to.id, ids[3]);
    assert_eq!(answer(&azure).await, json!({"is": 3}));
    let to = Destination::Version(ids[0].clone());
    let gone = azure.route(NAME, &Route { to, share: Share::ALL }).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_profile_is_asked_for_where_it_is() {
    let boxes = Boxes::new();
    let [release, _] = boxes.releases();
    let a100 = |location: &str| Config {
        workload_profile: Some("Consumption-GPU-NC24-A100".into()),
        location: location.into(),
        ..config(KIND)
    };
    let azure = boxes.connect_with(a100("westeurope")).await;
    let refused = azure.plan(&release).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    assert!(refused.hints.iter().any(|hint| hint.contains("swedencentral")), "{:?}", refused.hints);
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new(), "nothing was made");
    let azure = boxes.connect_with(a100("swedencentral")).await;
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!(made.settings["workload-profile"], "Consumption-GPU-NC24-A100");
    assert_eq!(made.settings["memory"], "220Gi");
    assert!(azure.plan(&release).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_somebody_else_is_left_alone() {
    let boxes = Boxes::new();
    let theirs = json!({"location": "westeurope", "tags": {"team": "a"}, "properties": {}});
    boxes.cloud.plant(&app_id(), theirs);
    let azure = boxes.connect(KIND).await;
    let [release, _] = boxes.releases();
    assert_eq!(azure.plan(&release).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(azure.find(NAME).await.unwrap(), None);
    azure.remove(NAME, &Silent).await.unwrap();
    assert!(boxes.cloud.contents().contains(&app_id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_app_wrote_is_read_from_the_workspace() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    deploy(&azure, &boxes.releases()[0]).await.unwrap();
    for at_ms in 0..5 {
        boxes.cloud.log(&app_id(), 1_795_251_600_000 + at_ms, &format!("line {at_ms}"));
    }
    let query = LogQuery { since_ms: Some(1_795_251_600_002), limit: 2 };
    let lines = azure.logs(NAME, &query).await.unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["line 3", "line 4"]);
    assert_eq!(lines[1].at_ms, 1_795_251_600_004);
}
