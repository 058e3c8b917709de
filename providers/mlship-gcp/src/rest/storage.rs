//! Cloud Storage: buckets, their objects, and who may read them.

use mlship_core::provider::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Rest, path};
use crate::error::Call;
use crate::names::PROJECT_LABEL;

mod crc32c;
mod download;
mod object;
mod policy;
mod upload;

pub(crate) use crc32c::Crc32c;
pub(crate) use object::Object;
pub(crate) use upload::Upload;

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// The service that mlship made it for.
    pub(crate) project_label: Option<String>,
    /// The number of the project that it belongs to.
    pub(crate) project_number: Option<String>,
    /// In small letters, as regions are written elsewhere.
    pub(crate) location: String,
}

impl Rest {
    /// The bucket of this name. One of somebody else's is refused as `Denied`.
    pub(crate) async fn bucket(&self, name: &str) -> Result<Option<Bucket>, ProviderError> {
        let call = Call::new("look at the bucket", name);
        let path = format!("storage/v1/b/{}", path(name));
        let found = self.find(call, Api::Storage, &path, &[("projection", "noAcl")]).await?;
        Ok(found.map(|found| Bucket::read(&found)))
    }

    /// Makes a bucket that nobody outside the project can read.
    pub(crate) async fn make_bucket(
        &self,
        project: &str,
        region: &str,
        name: &str,
        labels: &Value,
    ) -> Result<Bucket, ProviderError> {
        let call = Call::new("make the bucket", name);
        let body = json!({
            "name": name,
            "location": region,
            "storageClass": "STANDARD",
            "labels": labels,
            "iamConfiguration": {
                "uniformBucketLevelAccess": { "enabled": true },
                "publicAccessPrevention": "enforced",
            },
            // What is replaced is gone: every object is named by its contents.
            "softDeletePolicy": { "retentionDurationSeconds": "0" },
        });
        let query = [("project", project), ("projection", "noAcl")];
        let to = (Method::POST, Api::Storage, "storage/v1/b");
        let answer = self.ask(call, to, &query, Some(&body)).await?;
        if answer.status == 409 {
            // A try before this one may have made it; another's is refused by the look or by
            // whoever reads its label.
            if let Some(bucket) = self.bucket(name).await? {
                return Ok(bucket);
            }
        }
        super::json::read(call, &answer).map(|made| Bucket::read(&made))
    }

    /// Removes a bucket with all its objects; one that is not there is fine.
    pub(crate) async fn delete_bucket(&self, name: &str) -> Result<(), ProviderError> {
        for object in self.objects(name, "").await? {
            self.delete_object(name, &object.name).await?;
        }
        let call = Call::new("remove the bucket", name);
        let path = format!("storage/v1/b/{}", path(name));
        self.gone(call, &path).await
    }

    /// Removes what is at a path; what is not there is fine.
    async fn gone(&self, call: Call<'_>, path: &str) -> Result<(), ProviderError> {
        let answer = self.ask(call, (Method::DELETE, Api::Storage, path), &[], None).await?;
        match answer.status {
            404 => Ok(()),
            _ => super::json::read(call, &answer).map(drop),
        }
    }
}

impl Bucket {
    fn read(found: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            project_label: text(&found["labels"][PROJECT_LABEL]),
            project_number: text(&found["projectNumber"]),
            location: found["location"].as_str().unwrap_or_default().to_lowercase(),
        }
    }

    /// The account that services of the project run as unless told.
    pub(crate) fn default_account(&self) -> Option<String> {
        let number = self.project_number.as_deref()?;
        Some(format!("{number}-compute@developer.gserviceaccount.com"))
    }
}
