//! How a service or a revision is, in Google's words.

use serde_json::{Value, json};

use crate::gcp::error::Refusal;

/// How a condition stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum How<'a> {
    /// Nothing was done yet.
    Pending,
    /// It is being worked on.
    Working,
    Fine,
    Failed(&'a str),
}

/// One condition.
pub(super) fn condition(kind: &str, how: How<'_>, time: &str) -> Value {
    let state = match how {
        How::Pending => "CONDITION_PENDING",
        How::Working => "CONDITION_RECONCILING",
        How::Fine => "CONDITION_SUCCEEDED",
        How::Failed(_) => "CONDITION_FAILED",
    };
    let mut condition = json!({"type": kind, "state": state, "lastTransitionTime": time});
    if let How::Failed(message) = how {
        condition["message"] = json!(message);
        condition["severity"] = json!("ERROR");
    }
    condition
}

/// Sets a revision's conditions; `reason` goes with a failure.
pub(super) fn of_revision(body: &mut Value, how: How<'_>, problem: Option<&Refusal>, time: &str) {
    let kinds = ["Ready", "Active", "ContainerHealthy", "ContainerReady", "ResourcesAvailable"];
    let healthy_only = problem.is_some_and(is_start);
    let conditions = kinds.map(|kind| {
        let of_kind = match how {
            How::Failed(_) if healthy_only && ["ContainerReady"].contains(&kind) => How::Fine,
            How::Failed(_) if !healthy_only && kind == "ContainerHealthy" => How::Pending,
            How::Failed(_) if kind == "Active" => How::Pending,
            how => how,
        };
        let mut condition = condition(kind, of_kind, time);
        if let (How::Failed(_), Some(problem)) = (of_kind, problem) {
            let (member, reason) = reason(problem);
            condition[member] = json!(reason);
        }
        condition
    });
    body["conditions"] = json!(conditions);
    body["reconciling"] = json!(matches!(how, How::Pending | How::Working));
}

/// Sets a service's conditions: how its newest revision does, and how its traffic does.
pub(super) fn of_service(
    body: &mut Value,
    configuration: How<'_>,
    routes: How<'_>,
    problem: Option<&Refusal>,
    time: &str,
) {
    let ready = if configuration == How::Fine { routes } else { configuration };
    let mut terminal = condition("Ready", ready, time);
    if let (How::Failed(_), Some(_)) = (ready, problem) {
        terminal["reason"] = json!("REVISION_FAILED");
    }
    body["terminalCondition"] = terminal;
    body["conditions"] = json!([
        condition("RoutesReady", routes, time),
        condition("ConfigurationsReady", configuration, time),
    ]);
    body["reconciling"] = json!(matches!(ready, How::Pending | How::Working));
}

fn is_start(problem: &Refusal) -> bool {
    problem.message.contains("failed to start and listen")
}

fn reason(problem: &Refusal) -> (&'static str, &'static str) {
    match problem.status {
        _ if is_start(problem) => ("revisionReason", "HEALTH_CHECK_CONTAINER_ERROR"),
        _ if problem.message.contains("ecret") => ("reason", "SECRETS_ACCESS_CHECK_FAILED"),
        "NOT_FOUND" => ("reason", "CONTAINER_MISSING"),
        "PERMISSION_DENIED" => ("reason", "CONTAINER_PERMISSION_DENIED"),
        _ => ("reason", "UNKNOWN"),
    }
}
