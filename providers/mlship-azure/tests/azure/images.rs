//! The registry of a service's images, and the right to pull from it.

use mlship_azure::{Config, Kind};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_testkit::azure::{SUBSCRIPTION, Script};
use serde_json::json;

use crate::boxes::Boxes;
use crate::stage::{NAME, config, deploy, id_in_group};

const KIND: Kind = Kind::ContainerInstances;

/// A registry of the user's own, in a group of the user's own.
fn users_registry(boxes: &Boxes) -> String {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/\
         Microsoft.ContainerRegistry/registries/teamimages"
    );
    let url = boxes.cloud.url();
    let port = url.rsplit(':').next().unwrap();
    let body = json!({
        "location": "westeurope", "sku": {"name": "Standard"}, "tags": {"team": "a"},
        "properties": {
            "adminUserEnabled": false,
            "loginServer": format!("teamimages.azurecr.localhost:{port}"),
        },
    });
    boxes.cloud.plant(&id, body);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_of_the_users_own_is_used_and_left_as_it_was() {
    let boxes = Boxes::new();
    let registry = users_registry(&boxes);
    let before = (boxes.cloud.contents(), boxes.cloud.resource(&registry));
    let theirs = Config { registry: Some("TeamImages".into()), ..config(KIND) };
    let azure = boxes.connect_with(theirs).await;
    let [first, second] = boxes.releases();
    deploy(&azure, &first).await.unwrap();
    deploy(&azure, &second).await.unwrap();
    let contents = boxes.cloud.contents();
    let registries = contents.iter().filter(|id| id.contains("/registries/"));
    assert!(registries.clone().all(|id| id.starts_with(&registry)), "{contents:?}");
    assert!(contents.iter().any(|id| id.starts_with("image teamimages/mlship/heart-disease-")));
    let removed = azure.remove(NAME, &Silent).await.unwrap();
    assert!(removed.contains(&"role assignment AcrPull on teamimages".to_owned()), "{removed:?}");
    assert_eq!((boxes.cloud.contents(), boxes.cloud.resource(&registry)), before);

    let absent = Config { registry: Some("nothere".into()), ..config(KIND) };
    let azure = boxes.connect_with(absent).await;
    assert_eq!(azure.plan(&first).await.unwrap_err().kind, ErrorKind::Refused);
    assert_eq!(azure.remove(NAME, &Silent).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_give_roles_is_told_who_can_and_then_goes_on() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let [release, _] = boxes.releases();
    boxes.cloud.deny("Microsoft.Authorization/roleAssignments/write");
    let denied = deploy(&azure, &release).await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied);
    assert!(denied.reason.contains("Microsoft.Authorization/roleAssignments/write"), "{denied}");
    assert!(denied.hints[0].contains("User Access Administrator"), "{:?}", denied.hints);
    let command = &denied.hints[1];
    assert!(command.starts_with("az role assignment create --assignee-object-id "), "{command}");
    let principal = command.split(' ').nth(5).unwrap();
    let scope = command.rsplit(' ').next().unwrap();
    // What the command does, which gives the assignment a name of its own.
    let id = format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/\
         00000000-0000-4000-8000-000000000001"
    );
    let role = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/\
         7f951dda-4ed3-4680-a7ca-43fe172d538d"
    );
    boxes.cloud.plant(
        &id,
        json!({"properties": {
        "roleDefinitionId": role, "principalId": principal, "scope": scope}}),
    );
    deploy(&azure, &release).await.unwrap();
    boxes.clean(KIND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_the_directory_does_not_know_yet_is_waited_for() {
    for kind in [KIND, Kind::ContainerApps] {
        let boxes = Boxes::new();
        boxes.cloud.play(Script { lag: 2, slow: 1, ..Script::default() });
        let azure = boxes.connect(kind).await;
        deploy(&azure, &boxes.releases()[0]).await.unwrap();
        let refused = boxes.cloud.calls().into_iter().filter(|call| {
            call.method == "PUT"
                && call.path.contains("roleAssignments")
                && call.status == Some(400)
        });
        assert!(refused.count() > 0, "the directory was slow");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_the_live_version_and_the_one_before_are_kept() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    for text in ["one", "two", "three", "four"] {
        deploy(&azure, &boxes.release(&json!({"is": text}))).await.unwrap();
    }
    let contents = boxes.cloud.contents();
    let images = contents.iter().filter(|id| id.starts_with("image "));
    assert_eq!(images.count(), 2, "{contents:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_somebody_else_has_are_refused_before_anything_is_made() {
    let boxes = Boxes::new();
    let azure = boxes.connect(KIND).await;
    let [release, _] = boxes.releases();
    let plan = azure.plan(&release).await.unwrap();
    let step = plan.steps.iter().find(|step| step.resource == "container registry").unwrap();
    boxes.cloud.take_name(&step.name);
    let refused = azure.plan(&release).await.unwrap_err();
    assert!(refused.hints.iter().any(|hint| hint.contains("`registry: …`")), "{:?}", refused.hints);
    assert_eq!(boxes.cloud.contents(), Vec::<String>::new());
    let foreign =
        id_in_group(&format!("Microsoft.ManagedIdentity/userAssignedIdentities/mlship-{NAME}"));
    boxes.cloud.reset();
    boxes.cloud.plant(&foreign, json!({"location": "westeurope", "properties": {}}));
    assert_eq!(azure.plan(&release).await.unwrap_err().kind, ErrorKind::Conflict);
}
