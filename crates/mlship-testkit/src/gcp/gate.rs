//! Who may call an API: a token, the project, the API on, billing, and the permission.

use serde_json::json;

use super::discovery::Ask;
use super::error::Refusal;
use super::state::{Billing, State};
use super::{NUMBER, PROJECT};

/// # Errors
/// In the order in which Google refuses.
pub(super) fn lets_in(state: &mut State, ask: &Ask<'_>) -> Result<(), Refusal> {
    let token = ask.request.bearer().ok_or_else(Refusal::unauthenticated)?;
    if token.split('.').count() == 3 && token.starts_with("ey") {
        // An identity token is for services.
        return Err(Refusal::unauthenticated());
    }
    if let Some(project) = ask.project().filter(|it| ![PROJECT, NUMBER, "-", "_"].contains(it)) {
        let message = format!("Permission denied on resource project {project}.");
        return Err(Refusal::denied(message).because(
            "CONSUMER_INVALID",
            "googleapis.com",
            json!({"consumer": format!("projects/{project}"), "service": ask.service()}),
        ));
    }
    if state.disabled.contains(&ask.service()) || is_waking(state, &ask.service()) {
        return Err(disabled(ask));
    }
    let permission = permission(&ask.id);
    match state.denied.contains(&permission) {
        true => Err(no_permission(ask, &permission)),
        false => billed(state, ask),
    }
}

/// Whether an API was put on so lately that it is still said to be off; each call brings it nearer.
fn is_waking(state: &mut State, api: &str) -> bool {
    match state.waking.get_mut(api) {
        Some(calls) if *calls > 0 => {
            *calls -= 1;
            true
        }
        _ => false,
    }
}

fn disabled(ask: &Ask<'_>) -> Refusal {
    let service = ask.service();
    let title = &ask.title;
    let message = format!(
        "{title} has not been used in project {NUMBER} before or it is disabled. Enable it by \
         visiting https://console.developers.google.com/apis/api/{service}/overview?project={NUMBER} \
         then retry. If you enabled this API recently, wait a few minutes for the action to \
         propagate to our systems and retry."
    );
    let consumer = format!("projects/{NUMBER}");
    Refusal::denied(message).because(
        "SERVICE_DISABLED",
        "googleapis.com",
        json!({"service": service, "consumer": consumer, "containerInfo": NUMBER,
            "serviceTitle": title}),
    )
}

fn no_permission(ask: &Ask<'_>, permission: &str) -> Refusal {
    let resource = ask.resource();
    let message =
        format!("Permission '{permission}' denied on resource '{resource}' (or it may not exist).");
    Refusal::denied(message).because(
        "IAM_PERMISSION_DENIED",
        "iam.googleapis.com",
        json!({"permission": permission, "resource": resource}),
    )
}

/// Without billing nothing that costs is made or changed.
fn billed(state: &State, ask: &Ask<'_>) -> Result<(), Refusal> {
    let free = ["serviceusage.", "iamcredentials.", "logging."];
    let free = free.iter().any(|api| ask.id.starts_with(api)) || ask.request.method == "GET";
    if free || state.billing == Billing::On {
        return Ok(());
    }
    let message = format!(
        "This API method requires billing to be enabled. Please enable billing on project \
         #{NUMBER} by visiting https://console.developers.google.com/billing/enable?project={NUMBER} \
         then retry. If you enabled billing for this project recently, wait a few minutes for the \
         action to propagate to our systems and retry."
    );
    Err(Refusal::denied(message).because(
        "BILLING_DISABLED",
        "googleapis.com",
        json!({"service": ask.service(), "consumer": format!("projects/{NUMBER}")}),
    ))
}

/// The permission that a method needs: `run.projects.locations.services.patch` needs
/// `run.services.update`.
fn permission(id: &str) -> String {
    match id {
        "iamcredentials.projects.serviceAccounts.generateIdToken" => {
            return "iam.serviceAccounts.getOpenIdToken".to_owned();
        }
        "iamcredentials.projects.serviceAccounts.generateAccessToken" => {
            return "iam.serviceAccounts.getAccessToken".to_owned();
        }
        "logging.entries.list" => return "logging.logEntries.list".to_owned(),
        _ => {}
    }
    let mut words: Vec<&str> = id.split('.').collect();
    words.retain(|word| !["projects", "locations"].contains(word));
    if let Some(last) = words.last_mut() {
        *last = match *last {
            "patch" => "update",
            "insert" => "create",
            "batchGet" => "get",
            "batchEnable" => "enable",
            "generateUploadUrl" => "sourceCodeSet",
            "wait" => "get",
            other => other,
        };
    }
    words.join(".")
}
