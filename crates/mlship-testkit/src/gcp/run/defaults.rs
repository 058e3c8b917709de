//! What Cloud Run fills in when a template leaves it open.

use serde_json::{Value, json};

use super::resources::milli;
use super::text;

/// The account that revisions run as when none is named.
pub(in crate::gcp) fn account() -> String {
    format!("{}-compute@developer.gserviceaccount.com", crate::gcp::NUMBER)
}

/// A template as it is kept.
pub(super) fn filled(template: &Value) -> Value {
    let mut all = template.clone();
    fill(&mut all, "timeout", json!("300s"));
    fill(&mut all, "serviceAccount", json!(account()));
    if !all["scaling"].is_object() {
        all["scaling"] = json!({});
    }
    fill(&mut all["scaling"], "maxInstanceCount", json!(100));
    if let Some(containers) = all["containers"].as_array_mut() {
        containers.iter_mut().for_each(container);
    }
    let cpu = milli(text::of(&all, "/containers/0/resources/limits/cpu")).unwrap_or(1000);
    let at_once = if cpu >= 1000 { 80 } else { 1 };
    if all["maxInstanceRequestConcurrency"].as_i64().unwrap_or(0) == 0 {
        all["maxInstanceRequestConcurrency"] = json!(at_once);
    }
    all
}

fn container(container: &mut Value) {
    if text::list(container, "/ports").is_empty() {
        container["ports"] = json!([{"name": "http1", "containerPort": 8080}]);
    }
    let port = container["ports"][0]["containerPort"].as_i64().unwrap_or(8080);
    container["ports"][0]["containerPort"] = json!(port);
    if container["startupProbe"].is_null() {
        container["startupProbe"] = json!({"timeoutSeconds": 240, "periodSeconds": 240,
            "failureThreshold": 1, "tcpSocket": {"port": port}});
    }
    if !container["resources"].is_object() {
        // Left out whole, the CPU is there during calls only; a `resources` that says nothing of
        // it asks for a CPU that is always there.
        container["resources"] = json!({"cpuIdle": true});
    }
    if !container["resources"]["limits"].is_object() {
        container["resources"]["limits"] = json!({});
    }
    let limits = &mut container["resources"]["limits"];
    fill(limits, "cpu", json!("1000m"));
    fill(limits, "memory", json!("512Mi"));
}

fn fill(place: &mut Value, name: &str, value: Value) {
    let empty = |value: &Value| value.is_null() || *value == "" || *value == 0;
    if place.get(name).is_none_or(empty) {
        place[name] = value;
    }
}
