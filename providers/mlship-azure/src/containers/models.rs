//! Models that a container fetches when it starts: files of a storage account, by their digests.

use mlship_core::artifact::Fetched;
use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::step;
use crate::arm::Id;
use crate::blob::{File, Store};
use crate::config::Config;
use crate::connect::Cloud;
use crate::names::{MODELS, Place};
use crate::resource::Resource;
use crate::surroundings;

/// The files of a release, and the account that they are in.
#[derive(Debug, Clone)]
pub(crate) struct Models {
    files: Vec<Fetched>,
    account: Id,
}

impl Models {
    pub(crate) fn of(files: &[Fetched], place: &Place, config: &Config) -> Self {
        Self { files: files.to_vec(), account: surroundings::storage_id(place, config) }
    }

    /// True when everything is in the image.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What they are kept in; nothing when there are none.
    pub(crate) fn resources(&self, place: &Place, config: &Config) -> Vec<Resource> {
        if self.is_empty() {
            return Vec::new();
        }
        let account = surroundings::storage(place, config);
        let container = surroundings::container(&account.id, MODELS);
        vec![account, container]
    }

    /// Their digests, for what tells versions apart.
    pub(crate) fn words(&self) -> String {
        let digests: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        format!("models {}", digests.join(","))
    }

    /// The files that are not there yet, by their place in the list.
    pub(crate) async fn missing(&self, cloud: &Cloud) -> Result<Vec<usize>, ProviderError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let store = match Store::open(cloud, &self.account).await {
            Ok(store) => store,
            Err(error) if error.kind == ErrorKind::NotFound => {
                return Ok((0..self.files.len()).collect());
            }
            Err(error) => return Err(error),
        };
        let mut missing = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            if store.length(MODELS, &file.sha256).await? != Some(file.bytes) {
                missing.push(at);
            }
        }
        Ok(missing)
    }

    pub(crate) fn steps(&self, missing: &[usize]) -> Vec<Step> {
        let files = missing.iter().filter_map(|at| self.files.get(*at));
        files.map(|file| step(Verb::Upload, "model file", &file.name)).collect()
    }

    /// Sends what is missing, and says where a container reads them; nothing when there are none.
    pub(crate) async fn upload(
        &self,
        cloud: &Cloud,
        missing: &[usize],
        progress: &dyn Progress,
    ) -> Result<Option<String>, ProviderError> {
        if self.is_empty() {
            return Ok(None);
        }
        let store = Store::open(cloud, &self.account).await?;
        for file in missing.iter().filter_map(|at| self.files.get(*at)) {
            progress.step(&format!("upload model file {}", file.name));
            let source = File { path: &file.path, bytes: file.bytes };
            store.upload(MODELS, &file.sha256, source, progress).await?;
        }
        Ok(Some(store.readable(MODELS, None)))
    }
}
