//! The vendor's own Python clients live whole lives at the stand-in, get what they expect, and find
//! every answer of it valid.

use mlship_testkit::azure::judges::{self, Recorded};
use mlship_testkit::azure::{Cloud, SUBSCRIPTION};

#[test]
fn groups_tags_accounts_and_blobs() {
    lived("storage");
}

#[test]
fn refusals_are_the_clients_exceptions() {
    lived("typed_errors");
}

#[test]
fn what_is_denied_is_the_clients_exception() {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    cloud.deny("Microsoft.Storage/storageAccounts/write");
    judges::drive("denied", &cloud.url(), SUBSCRIPTION);
}

#[test]
fn registries_identities_roles_and_container_apps() {
    lived("apps");
}

#[test]
fn container_groups() {
    lived("groups");
}

#[test]
fn a_flex_app() {
    lived("flex");
}

#[test]
fn slots_and_a_swap() {
    lived("slots");
}

#[test]
fn an_app_of_an_image() {
    lived("image");
}

#[test]
fn workspaces_and_components_for_logs() {
    lived("logs");
}

fn lived(life: &str) {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    judges::drive(life, &cloud.url(), SUBSCRIPTION);
    judges::assert_valid(&Recorded::all(&cloud.calls(), &cloud.url()));
}
