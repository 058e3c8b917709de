//! Which machine an image is for.

use std::fmt;

use serde::Deserialize;

/// An operating system and a processor, in the words of the image specification:
/// <https://github.com/opencontainers/image-spec/blob/main/image-index.md>.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// `linux`.
    #[serde(default)]
    pub os: String,
    /// `amd64`, `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// `v8`; `None` takes any.
    #[serde(default)]
    pub variant: Option<String>,
}

impl Platform {
    /// Linux on a processor: `amd64` or `arm64`.
    pub fn linux(architecture: &str) -> Self {
        Self { os: "linux".into(), architecture: architecture.into(), variant: None }
    }

    /// Whether an image made for `other` runs here.
    pub(crate) fn takes(&self, other: &Self) -> bool {
        let same = self.os == other.os && self.architecture == other.architecture;
        let variant = match (&self.variant, &other.variant) {
            (Some(wanted), Some(there)) => wanted == there,
            _ => true,
        };
        same && variant
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}
