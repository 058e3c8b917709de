//! The rest of the stand-in, as Cloud Run sees it.

use std::sync::Arc;

use super::{Image, World};
use crate::gcp::error::Refusal;
use crate::gcp::state::State;
use crate::gcp::{NUMBER, PROJECT};
use crate::gcp::{registry, storage};

impl World for State {
    fn denies(&self, permission: &str) -> bool {
        self.denied.contains(permission)
    }

    fn forbids(&self, policy: &str) -> bool {
        self.forbidden.contains(policy)
    }

    fn exhausted(&self, quota: &str) -> bool {
        self.exhausted.contains(quota)
    }

    fn lacks_gpu(&self, region: &str) -> bool {
        self.without_gpu.contains(region)
    }

    fn secret(&self, project: &str, name: &str, version: &str) -> Option<String> {
        let project = if project == NUMBER { PROJECT } else { project };
        let within = format!("projects/{project}/secrets/{name}/versions/");
        let number = |name: &str| name.strip_prefix(&within)?.parse::<u64>().ok();
        match version {
            "latest" => {
                let versions =
                    self.secrets.iter().filter_map(|(name, it)| Some((number(name)?, it)));
                versions.max_by_key(|(number, _)| *number).map(|(_, value)| value.clone())
            }
            version => self.secrets.get(&format!("{within}{version}")).cloned(),
        }
    }

    fn object(
        &mut self,
        bucket: &str,
        object: &str,
        generation: Option<&str>,
    ) -> Option<Arc<Vec<u8>>> {
        storage::object(self, bucket, object, generation)
    }

    fn image(&mut self, reference: &str) -> Result<Image, Refusal> {
        registry::image(self, reference)
    }

    fn port(&self) -> u16 {
        self.port
    }
}
