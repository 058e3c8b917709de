//! Service Usage: which APIs of a project are on.

use mlship_core::provider::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Rest};
use crate::error::Call;

/// What is known of the APIs of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Usage {
    /// The names of those that are asked for and off, such as `run.googleapis.com`.
    Off(Vec<String>),
    /// One may not look.
    Unknown,
}

/// The most APIs of one call.
const AT_ONCE: usize = 20;

impl Rest {
    /// Which of these APIs are off.
    pub(crate) async fn apis_off(
        &self,
        project: &str,
        apis: &[&str],
    ) -> Result<Usage, ProviderError> {
        let call = Call::new("look at the APIs of", project);
        let names: Vec<_> =
            apis.iter().map(|api| format!("projects/{project}/services/{api}")).collect();
        let query: Vec<_> = names.iter().map(|name| ("names", name.as_str())).collect();
        let path = format!("v1/projects/{project}/services:batchGet");
        let answer = self.ask(call, (Method::GET, Api::ServiceUsage, &path), &query, None).await?;
        if answer.status == 403 && !crate::error::speaks_of_project(&answer.body) {
            return Ok(Usage::Unknown);
        }
        let answer = super::json::read(call, &answer)?;
        let on = |api: &str| {
            let listed = answer["services"].as_array().map(Vec::as_slice).unwrap_or_default();
            listed.iter().any(|one| one["state"] == "ENABLED" && is_of(one, api))
        };
        Ok(Usage::Off(apis.iter().filter(|api| !on(api)).map(|api| (*api).to_owned()).collect()))
    }

    /// Puts these APIs on, and waits until they are.
    pub(crate) async fn enable_apis(
        &self,
        project: &str,
        apis: &[String],
    ) -> Result<(), ProviderError> {
        let call = Call::new("enable APIs of", project);
        let path = format!("v1/projects/{project}/services:batchEnable");
        for some in apis.chunks(AT_ONCE) {
            let body = json!({ "serviceIds": some });
            let to = (Method::POST, Api::ServiceUsage, path.as_str());
            let operation = self.call(call, to, &[], Some(&body)).await?;
            self.done(call, (Api::ServiceUsage, "v1"), operation).await?;
        }
        Ok(())
    }
}

/// Services are named with the project's number: `projects/123/services/run.googleapis.com`.
fn is_of(service: &Value, api: &str) -> bool {
    let name = service["name"].as_str().and_then(|name| name.rsplit('/').next());
    name == Some(api) || service["config"]["name"] == api
}
