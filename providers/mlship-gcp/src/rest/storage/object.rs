//! Objects of a bucket.

use mlship_core::provider::ProviderError;
use serde_json::Value;

use super::Crc32c;
use crate::error::Call;
use crate::rest::{Api, Rest, path};

/// An object, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) name: String,
    /// Which of all that had this name.
    pub(crate) generation: i64,
    pub(crate) bytes: u64,
    /// Checksum of its contents.
    pub(crate) crc32c: Option<Crc32c>,
}

impl Rest {
    /// The object of this name.
    pub(crate) async fn object(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<Option<Object>, ProviderError> {
        let call = Call::new("look at the object", name);
        let path = format!("storage/v1/b/{}/o/{}", path(bucket), path(name));
        let found = self.find(call, Api::Storage, &path, &[]).await?;
        Ok(found.as_ref().and_then(Object::read))
    }

    /// The objects whose names begin with `prefix`; none in a bucket that is not there.
    pub(crate) async fn objects(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<Object>, ProviderError> {
        let call = Call::new("look at the objects of", bucket);
        let path = format!("storage/v1/b/{}/o", path(bucket));
        let query: &[_] = if prefix.is_empty() { &[] } else { &[("prefix", prefix)] };
        let found = self.list(call, (Api::Storage, &path), query, "items").await?;
        Ok(found.iter().filter_map(Object::read).collect())
    }

    /// Removes an object; one that is not there is fine.
    pub(crate) async fn delete_object(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<(), ProviderError> {
        let call = Call::new("remove the object", name);
        self.gone(call, &format!("storage/v1/b/{}/o/{}", path(bucket), path(name))).await
    }
}

impl Object {
    /// Numbers are text in this API.
    pub(super) fn read(found: &Value) -> Option<Self> {
        Some(Self {
            name: found["name"].as_str()?.to_owned(),
            generation: found["generation"].as_str()?.parse().ok()?,
            bytes: found["size"].as_str()?.parse().ok()?,
            crc32c: found["crc32c"].as_str().and_then(Crc32c::read),
        })
    }
}
