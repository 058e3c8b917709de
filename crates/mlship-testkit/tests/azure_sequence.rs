//! The comparer of sequences tells what is another order, another version, another field.

use mlship_testkit::azure::sequence::{self, Step, differences, unexplained};
use serde_json::{Value, json};

const GROUP: &str = "/subscriptions/0/resourceGroups/g";

#[test]
fn the_recordings_of_az_are_the_sequence_that_is_documented() {
    let calls: Vec<String> =
        sequence::of_az(&["flex-create", "flex-zip"]).into_iter().map(|step| step.call).collect();
    assert_eq!(
        calls,
        [
            "PUT Microsoft.Web/serverfarms",
            "PUT Microsoft.Storage/storageAccounts/blobServices/default/containers",
            "PUT Microsoft.Web/sites",
            "POST /api/publish",
        ]
    );
}

#[test]
fn a_sequence_is_equal_to_itself_under_other_names() {
    let ours = [
        put("serverfarms/other", json!({"location": "here", "sku": {"name": "EP1"}})),
        put(
            "sites/app",
            json!({"properties": {"serverFarmId": format!("{GROUP}/providers/Microsoft.Web/serverfarms/other")}}),
        ),
    ];
    let az = [
        put("serverfarms/plan", json!({"sku": {"name": "EP1"}, "location": "here"})),
        put(
            "sites/x",
            json!({"properties": {"serverFarmId": "/subscriptions/1/resourcegroups/q/providers/Microsoft.Web/serverfarms/plan"}}),
        ),
    ];
    assert_eq!(differences(&az, &ours), Vec::<String>::new());
}

#[test]
fn other_calls_orders_versions_and_fields_are_told() {
    let site = |https: bool| put("sites/a", json!({"properties": {"httpsOnly": https}}));
    let plan = put("serverfarms/a", json!({"location": "here"}));
    let settings = put("sites/a/config/appsettings", json!({"properties": {"A": "1"}}));
    assert_eq!(
        differences(&[plan.clone(), site(false)], &[site(true), settings]),
        [
            "az: PUT Microsoft.Web/serverfarms",
            "mlship: PUT Microsoft.Web/sites/config/appsettings",
            "PUT Microsoft.Web/sites: properties.httpsOnly: az false, mlship true",
        ]
    );
    let other = put("serverfarms/a", json!({"location": "there"}));
    assert_eq!(
        differences(&[plan.clone(), site(true)], &[site(true), other]),
        [
            "elsewhere: PUT Microsoft.Web/serverfarms",
            "PUT Microsoft.Web/serverfarms: location: az `here`, mlship `there`",
        ],
        "another order is a difference, and hides no other"
    );
    let mut older = plan.clone();
    older.version = "2020-01-01".to_owned();
    assert_eq!(
        differences(&[plan], &[older]),
        ["PUT Microsoft.Web/serverfarms: api-version: az 2025-05-01, mlship 2020-01-01"]
    );
}

#[test]
fn settings_are_compared_by_name() {
    let with =
        |list: Value| put("sites/a", json!({"properties": {"siteConfig": {"appSettings": list}}}));
    let az = with(json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]));
    let ours = with(json!([{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]));
    assert_eq!(
        differences(&[az], &[ours]),
        ["PUT Microsoft.Web/sites: properties.siteConfig.appSettings.A: az `1`, mlship `3`"]
    );
}

#[test]
fn a_difference_needs_a_reason_and_a_reason_a_difference() {
    let found = ["PUT x: tags.a: only mlship: `1`".to_owned(), "mlship: PUT y".to_owned()];
    let tags = ("PUT x: tags.*", "everything has tags");
    assert_eq!(unexplained(&found, &[tags]), ["mlship: PUT y"]);
    assert_eq!(unexplained(&found, &[tags, ("mlship: PUT y", "needed")]), Vec::<String>::new());
    assert_eq!(
        unexplained(&found[..1], &[tags, ("mlship: PUT y", "needed")]),
        ["no such difference any more: mlship: PUT y (needed)"]
    );
}

fn put(below: &str, body: Value) -> Step {
    let path = format!("{GROUP}/providers/Microsoft.Web/{below}");
    Step::of("PUT", &path, "2025-05-01", Some(&body)).expect("a PUT changes something")
}
