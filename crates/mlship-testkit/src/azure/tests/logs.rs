//! Lines and queries.

use super::*;

#[test]
fn lines_of_what_names_a_component_are_answered_by_it() {
    let cloud = with_group();
    let workspace = below("Microsoft.OperationalInsights/workspaces/w");
    let body = json!({"location": "westeurope", "properties": {}});
    assert_eq!(arm(&cloud, "PUT", &workspace, "2023-09-01", &body).status, 201);
    let component = below("Microsoft.Insights/components/c");
    let body = json!({"location": "westeurope", "kind": "web", "properties": {
        "Application_Type": "web",
        "WorkspaceResourceId": format!("/subscriptions/{SUBSCRIPTION}{workspace}")}});
    let made = arm(&cloud, "PUT", &component, "2020-02-02", &body).value();
    let site = format!("/subscriptions/{SUBSCRIPTION}{}", below("Microsoft.Web/sites/heart"));
    let named = json!({"kind": made["properties"]["ConnectionString"]});
    cloud.plant(&site, named);
    cloud.plant(&site.replace("heart", "other"), json!({}));
    cloud.log(&site, 2000, "second");
    cloud.log(&site, 1000, "first");
    cloud.log(&site.replace("heart", "other"), 1000, "not ours");
    let query = json!({"query": "traces | project timestamp, message"});
    let seen = arm(&cloud, "POST", &format!("{component}/query"), "2018-04-20", &query).value();
    let rows =
        json!([["1970-01-01T00:00:01.000Z", "first"], ["1970-01-01T00:00:02.000Z", "second"]]);
    assert_eq!(seen["tables"][0]["rows"], rows);
    let joined = "union (traces | project timestamp, message), (requests | project timestamp, \
                  message = strcat(name, \" \", tostring(duration))) | where timestamp >= \
                  unixtime_milliseconds_todatetime(1500) | top 5 by timestamp desc";
    let query = json!({"query": joined});
    let seen = arm(&cloud, "POST", &format!("{component}/query"), "2018-04-20", &query).value();
    assert_eq!(seen["tables"][0]["rows"], json!([rows[1]]));
    let query = json!({"query": "AppTraces | take 1 | project Message"});
    let path = format!("{workspace}/api/query");
    let seen = arm(&cloud, "POST", &path, "2017-01-01-preview", &query).value();
    assert_eq!(seen["Tables"][0]["Rows"], json!([["first"]]));
    let query = json!({"query": "traces | evaluate x"});
    assert_eq!(
        arm(&cloud, "POST", &format!("{component}/query"), "2018-04-20", &query).status,
        400
    );
}
