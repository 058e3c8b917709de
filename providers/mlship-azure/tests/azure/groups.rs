//! Container groups: the provider's contract, what callers must show, and what is refused.

use mlship_azure::{Access, Config, Kind};
use mlship_core::deployment::{Destination, LogQuery, Route};
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_testkit::azure::SUBSCRIPTION;
use mlship_testkit::contract::contract;
use serde_json::json;

use crate::access::access_change;
use crate::boxes::Boxes;
use crate::stage::{NAME, answer, config, deploy, id_in_group};

const KIND: Kind = Kind::ContainerInstances;

fn group_id() -> String {
    id_in_group(&format!("Microsoft.ContainerInstance/containerGroups/{NAME}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn container_groups_keep_the_contract() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    contract(&azure, boxes.releases(), &|| boxes.cloud.writes()).await;
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_made_once_and_models_are_read_by_a_signature() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let told = json!({"environment": true});
    let release = boxes.fetching(boxes.release(&told), b"weights");
    let mut release = Release { samples: Vec::new(), ..release };
    deploy(&azure, &release).await.unwrap();
    let first = answer(&azure).await;
    assert!(first["MLSHIP_KEY"].as_str().unwrap().len() > 40, "{first}");
    let store = first["MLSHIP_MODEL_STORE"].as_str().unwrap();
    assert!(store.contains("sig="), "{store}");
    let shown = boxes.cloud.resource(&group_id()).unwrap().to_string();
    assert!(!shown.contains("sig="), "who may read the group cannot read the models");
    // More memory is another group of the same name.
    release.project.resources.memory_mb.value = 4096;
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!([&made.settings["cpu"], &made.settings["memory-gb"]], ["2", "4"]);
    assert_eq!(answer(&azure).await, first, "callers keep their key");
    let open = Config { access: Access::Public, ..config(KIND) };
    let azure = boxes.connect_with(open).await;
    assert_eq!(access_change(&azure.plan(&release).await.unwrap()), "key -> public");
    let made = deploy(&azure, &release).await.unwrap();
    assert_eq!(made.access, "public");
    assert_eq!(answer(&azure).await["MLSHIP_KEY"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_traffic_is_refused() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let [first, mut second] = boxes.releases();
    deploy(&azure, &first).await.unwrap();
    second.share = Share::percent(10).unwrap();
    let refused = azure.plan(&second).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert!(refused.hints[0].contains("kind: container-apps"), "{:?}", refused.hints);
    let route = Route { to: Destination::Newest, share: second.share };
    assert_eq!(azure.route(NAME, &route).await.unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_region_does_not_allow_is_told_with_what_to_change() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let [release, _] = boxes.releases();
    let mut large = release.clone();
    large.project.resources.memory_mb.value = 64 << 10;
    let refused = azure.plan(&large).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert!(refused.reason.contains("64 GB") && refused.reason.contains("16 GB"), "{refused}");

    let label = Config { app: Some("somebody-elses".into()), ..config(KIND) };
    let azure = boxes.connect_with(label).await;
    boxes.cloud.take_name("somebody-elses");
    let refused = deploy(&azure, &release).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    assert!(refused.hints.iter().any(|hint| hint.contains("`app: …`")), "{:?}", refused.hints);

    let azure = boxes.connect(KIND).await;
    boxes.cloud.exhaust("Microsoft.ContainerInstance/containerGroups");
    let refused = deploy(&azure, &release).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Quota, "{refused}");
    assert!(
        refused.hints.iter().any(|hint| hint.contains("Standard Cores")),
        "{:?}",
        refused.hints
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_somebody_else_is_left_alone() {
    let boxes = Boxes::new();
    let theirs = json!({"location": "westeurope", "tags": {"team": "a"}, "properties": {}});
    boxes.cloud.plant(&group_id(), theirs);
    let azure = boxes.connect(KIND).await;
    let [release, _] = boxes.releases();
    assert_eq!(azure.plan(&release).await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(azure.find(NAME).await.unwrap(), None);
    azure.remove(NAME, &mlship_core::progress::Silent).await.unwrap();
    assert!(boxes.cloud.contents().contains(&group_id()));
    assert!(group_id().contains(SUBSCRIPTION));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_answers_wrongly_is_replaced_by_the_live_one() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let [first, mut second] = boxes.releases();
    deploy(&azure, &first).await.unwrap();
    second.samples[0].expect = Some(json!({"is": "something else"}));
    let refused = deploy(&azure, &second).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Verification);
    assert_eq!(answer(&azure).await, json!({"is": "clear"}), "the live version runs again");
    let found = azure.find(NAME).await.unwrap().unwrap();
    assert_eq!((found.state.as_str(), found.versions.len()), ("ready", 1));
    let images = boxes.cloud.contents();
    let images = images.iter().filter(|one| one.starts_with("image "));
    assert_eq!(images.count(), 1, "the image that was wrong is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_container_wrote_can_be_read() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    deploy(&azure, &boxes.releases()[0]).await.unwrap();
    for (at_ms, text) in [(1_795_251_600_000, "2026-11-21T09:00:00Z one"), (1, "no time")] {
        boxes.cloud.log(&group_id(), at_ms, text);
    }
    let query = LogQuery { since_ms: Some(1_795_251_600_000), limit: 5 };
    let lines = azure.logs(NAME, &query).await.unwrap();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one"]);
}
