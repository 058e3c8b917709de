//! What Cloud Run asks of the rest of the stand-in.

use std::sync::Arc;

use super::Image;
use crate::gcp::error::Refusal;

/// The project around the services.
pub(in crate::gcp) trait World {
    /// Whether the caller was denied a permission, such as `run.services.create`.
    fn denies(&self, permission: &str) -> bool;
    /// Whether an organisation's policy is set, such as `constraints/iam.allowedPolicyMemberDomains`.
    fn forbids(&self, policy: &str) -> bool;
    /// Whether nothing is left of a quota.
    fn exhausted(&self, quota: &str) -> bool;
    /// Whether a region has no GPU.
    fn lacks_gpu(&self, region: &str) -> bool;
    /// The value of a secret's version; `None` when there is none.
    fn secret(&self, project: &str, name: &str, version: &str) -> Option<String>;
    /// What is in a bucket.
    fn object(
        &mut self,
        bucket: &str,
        object: &str,
        generation: Option<&str>,
    ) -> Option<Arc<Vec<u8>>>;
    /// What a registry has under a reference.
    ///
    /// # Errors
    /// Why Cloud Run does not get it.
    fn image(&mut self, reference: &str) -> Result<Image, Refusal>;
    /// Where the stand-in listens.
    fn port(&self) -> u16;
}
