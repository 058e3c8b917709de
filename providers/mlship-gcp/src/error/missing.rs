//! A permission that is missing: which, where, and the role to ask for.

use mlship_core::provider::{ErrorKind, harmless};

use super::meaning::Meaning;
use super::refusal::Refusal;

/// Names both where the refusal does.
pub(super) fn permission(refusal: &Refusal) -> Option<Meaning> {
    let permission = named(refusal)?;
    let resource = refusal.said(&["resource"]).or_else(|| {
        let words = ["denied on resource ", "access to the ", "service account "];
        words.iter().find_map(|before| refusal.word_after(before)).map(str::to_owned)
    });
    let resource = resource.map(|resource| harmless(&resource));
    let reason = match &resource {
        Some(resource) => format!("the permission `{permission}` is missing at `{resource}`"),
        None => format!("the permission `{permission}` is missing"),
    };
    let role = role(&permission);
    let ask = format!("ask for the role `{role}`, or for one with this permission");
    let command = match permission.starts_with("iam.serviceAccounts.") {
        true => {
            let account = resource.and_then(|resource| account(&resource));
            let account = account.as_deref().unwrap_or("ACCOUNT").to_owned();
            format!(
                "gcloud iam service-accounts add-iam-policy-binding {account} --member=user:YOU \
                 --role={role}"
            )
        }
        false => {
            let project = resource.and_then(|resource| project(&resource));
            let project = project.as_deref().unwrap_or("PROJECT").to_owned();
            format!(
                "gcloud projects add-iam-policy-binding {project} --member=user:YOU --role={role}"
            )
        }
    };
    let passing = "a role that was just given takes some minutes".to_owned();
    Some(Meaning::new(ErrorKind::Denied, reason, &[ask, command, passing]))
}

/// `iam.serviceAccounts.actAs` and the like, out of the reason or the words.
fn named(refusal: &Refusal) -> Option<String> {
    let told = refusal.reason(&["IAM_PERMISSION_DENIED"]).and_then(|one| one.said("permission"));
    let said = || {
        let words = ["Permission ", "permission ", "does not have ", "missing permission "];
        words.iter().find_map(|before| refusal.word_after(before)).map(str::to_owned)
    };
    let permission = told.or_else(said)?;
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let formed = permission.split('.').count() == 3 && permission.chars().all(known);
    formed.then_some(permission)
}

/// The narrowest of Google's own roles that is enough for what mlship does there.
/// Source: <https://cloud.google.com/iam/docs/roles-permissions>, 2026-11-20.
fn role(permission: &str) -> &'static str {
    match permission.split('.').next().unwrap_or_default() {
        "run" => "roles/run.admin",
        "cloudfunctions" => "roles/cloudfunctions.admin",
        "cloudbuild" => "roles/cloudbuild.builds.editor",
        "storage" => "roles/storage.admin",
        "artifactregistry" => "roles/artifactregistry.admin",
        "serviceusage" => "roles/serviceusage.serviceUsageAdmin",
        "logging" => "roles/logging.viewer",
        "secretmanager" => "roles/secretmanager.secretAccessor",
        "iam" if permission.ends_with(".actAs") => "roles/iam.serviceAccountUser",
        "iam" if permission.ends_with(".getOpenIdToken") => {
            "roles/iam.serviceAccountOpenIdTokenCreator"
        }
        "iam" => "roles/iam.serviceAccountTokenCreator",
        _ => "roles/editor",
    }
}

/// The e-mail in `projects/-/serviceAccounts/x@y` or by itself.
fn account(resource: &str) -> Option<String> {
    let name = resource.rsplit('/').next()?;
    let known = |c: char| c.is_ascii_alphanumeric() || "@.-_".contains(c);
    (name.contains('@') && name.chars().all(known)).then(|| name.to_owned())
}

/// The id in `projects/research-1/locations/…`; a number is none.
fn project(resource: &str) -> Option<String> {
    let (_, rest) = resource.split_once("projects/")?;
    let id = rest.split('/').next()?;
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    (id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(known))
        .then(|| id.to_owned())
}
