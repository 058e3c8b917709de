//! Models that a program fetches when it starts: objects of the service's bucket, by their digests.

use mlship_core::artifact::Fetched;
use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;

use super::wanted::step;
use crate::connect::Cloud;
use crate::names::{MODELS, Place};
use crate::rest::storage::Upload;

/// The files of a release, and the bucket that they are in.
#[derive(Debug, Clone)]
pub(crate) struct Models {
    files: Vec<Fetched>,
    bucket: String,
}

impl Models {
    pub(crate) fn of(files: &[Fetched], place: &Place) -> Self {
        Self { files: files.to_vec(), bucket: place.bucket() }
    }

    /// True when everything is in the package.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Their digests, for what tells versions apart.
    pub(crate) fn words(&self) -> String {
        let digests: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        format!("models {}", digests.join(","))
    }

    /// Where the program reads them; `None` when there are none.
    pub(crate) fn store(&self) -> Option<String> {
        let folder = MODELS.trim_end_matches('/');
        (!self.is_empty()).then(|| format!("gs://{}/{folder}", self.bucket))
    }

    /// The files that are not there yet, by their place in the list.
    pub(crate) async fn missing(&self, cloud: &Cloud) -> Result<Vec<usize>, ProviderError> {
        let mut missing = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            let name = Place::model_object(&file.sha256);
            let object = cloud.rest.object(&self.bucket, &name).await?;
            if object.is_none_or(|object| object.bytes != file.bytes) {
                missing.push(at);
            }
        }
        Ok(missing)
    }

    /// All of them, for a bucket that is not there yet.
    pub(crate) fn all(&self) -> Vec<usize> {
        (0..self.files.len()).collect()
    }

    pub(crate) fn steps(&self, missing: &[usize]) -> Vec<Step> {
        let files = missing.iter().filter_map(|at| self.files.get(*at));
        files.map(|file| step(Verb::Upload, "model file", &file.name)).collect()
    }

    /// Sends what is missing.
    pub(crate) async fn upload(
        &self,
        cloud: &Cloud,
        missing: &[usize],
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        for file in missing.iter().filter_map(|at| self.files.get(*at)) {
            progress.step(&format!("upload model file {}", file.name));
            let upload = Upload {
                bucket: &self.bucket,
                name: &Place::model_object(&file.sha256),
                path: &file.path,
                content_type: "application/octet-stream",
                sha256: &file.sha256,
            };
            cloud.rest.upload(upload, &|sent| progress.bytes(sent, file.bytes)).await?;
        }
        Ok(())
    }
}
