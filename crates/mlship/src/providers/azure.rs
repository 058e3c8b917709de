//! What Azure takes from the manifest and the environment.

use std::cell::RefCell;

use mlship_azure::{Config, Identity, Options};
use mlship_core::finding::{Finding, Report};

use super::check_target;
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release::registry;

/// The table of the manifest, which must be there: it names the region.
pub(super) fn config(loaded: &Loaded) -> Result<Config, Failure> {
    written(loaded)?.ok_or_else(|| {
        let finding = Finding::error("manifest/missing", "`targets.azure` is missing")
            .hint("it names at least the region: `targets: { azure: { location: westeurope } }`");
        Failure::Manifest { report: Report(vec![finding]), source: Some(loaded.source.clone()) }
    })
}

/// The table, where there is one: an artifact is packed without a region.
pub(super) fn written(loaded: &Loaded) -> Result<Option<Config>, Failure> {
    check_target("azure", loaded)?;
    let target = loaded.project.targets.get("azure");
    Ok(target.and_then(|target| Config::read(target, &RefCell::default())))
}

/// Where Azure answers, and as whom to sign in.
pub(super) fn options() -> Options {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Options {
        endpoint: variable("MLSHIP_AZURE_ENDPOINT"),
        subscription: variable("AZURE_SUBSCRIPTION_ID"),
        identity: identity(variable),
        logins: registry::sources(),
        ..Options::default()
    }
}

/// The variables are those of the vendor's own tools.
fn identity(variable: impl Fn(&str) -> Option<String>) -> Identity {
    let client = variable("AZURE_CLIENT_ID");
    match variable("AZURE_TOKEN_CREDENTIALS").as_deref() {
        Some("ManagedIdentityCredential") => return Identity::Managed(client),
        Some("WorkloadIdentityCredential") => return Identity::Workload,
        Some("dev" | "AzureCliCredential" | "AzureDeveloperCliCredential") => {
            return Identity::DeveloperTools;
        }
        _ => {}
    }
    let tenant = variable("AZURE_TENANT_ID");
    if let (Some(client), Some(tenant)) = (&client, tenant) {
        if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
            return Identity::Secret { tenant, client: client.clone(), secret };
        }
        if variable("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            return Identity::Workload;
        }
    }
    // App Service, Container Apps and the like hand their identity out there.
    if variable("IDENTITY_ENDPOINT").or(variable("MSI_ENDPOINT")).is_some() {
        return Identity::Managed(client);
    }
    Identity::DeveloperTools
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(set: &[(&str, &str)]) -> String {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name);
        format!("{:?}", identity(|name| find(name).map(|(_, value)| (*value).to_owned())))
    }

    #[test]
    fn the_environment_says_as_whom_to_sign_in() {
        let (client, tenant) = (("AZURE_CLIENT_ID", "c"), ("AZURE_TENANT_ID", "t"));
        let file = ("AZURE_FEDERATED_TOKEN_FILE", "/token");
        assert_eq!(chosen(&[]), "DeveloperTools");
        assert_eq!(chosen(&[client, tenant]), "DeveloperTools");
        assert_eq!(chosen(&[client, tenant, file]), "Workload");
        assert_eq!(chosen(&[client, tenant, ("AZURE_CLIENT_SECRET", "s")]), "Secret");
        assert_eq!(chosen(&[client, ("IDENTITY_ENDPOINT", "http://127.0.0.1")]), "Managed");
        let wanted = ("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential");
        assert_eq!(chosen(&[client, tenant, file, wanted]), "Managed");
        assert_eq!(
            chosen(&[client, tenant, file, ("AZURE_TOKEN_CREDENTIALS", "dev")]),
            "DeveloperTools"
        );
    }
}
