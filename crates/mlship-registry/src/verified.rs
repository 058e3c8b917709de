//! Bytes checked against their digest as they pass.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};

/// Sees a blob's bytes in order and objects when they are not the blob's.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    digest: Digest,
    size: u64,
    seen: u64,
    hasher: Sha256,
}

impl Check {
    /// For a blob of `size` bytes.
    pub(crate) fn new(digest: &Digest, size: u64) -> Self {
        Self { digest: digest.clone(), size, seen: 0, hasher: Sha256::new() }
    }

    /// How many bytes were seen.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Sees the next bytes.
    ///
    /// # Errors
    /// They are too many, or the last ones and the digest is another.
    pub(crate) fn see(&mut self, operation: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        self.hasher.update(bytes);
        self.seen += bytes.len() as u64;
        let wrong = if self.seen > self.size {
            format!("there are more than its {} bytes", self.size)
        } else if self.seen == self.size {
            let digest = Digest::end(self.hasher.clone());
            if digest == self.digest {
                return Ok(());
            }
            format!("the bytes have the digest `{digest}`")
        } else {
            return Ok(());
        };
        Err(RegistryError::new(ErrorKind::Digest, operation, &self.digest, wrong))
    }
}
