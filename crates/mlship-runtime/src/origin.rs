//! Where fetched files come from and where they are kept: plain values.

use std::fmt;
use std::path::PathBuf;

/// Where files that are not in the bundle come from, and where they are kept.
#[derive(Debug, Clone)]
pub struct Origin {
    /// `s3://bucket/prefix`, `gs://bucket/prefix` or `https://host/prefix`; a file is below it under
    /// its digest.
    pub store: Option<String>,
    /// The folder to keep files in. They go into a folder `mlship` inside it.
    pub scratch: PathBuf,
    /// The region of an S3 store.
    pub region: Option<String>,
    /// Where S3 is, when it is not at its own address.
    pub endpoint: Option<String>,
    /// What an S3 store is asked with.
    pub credentials: Option<Credentials>,
    /// Whom a Cloud Storage store is asked of.
    pub google: Google,
}

/// Where Google's services are, when they are not at their own addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Google {
    /// Cloud Storage: `https://host`, or `host:port` on this machine.
    pub storage: Option<String>,
    /// The metadata server: `host:port`.
    pub metadata: Option<String>,
}

impl Default for Origin {
    fn default() -> Self {
        let scratch = PathBuf::from("/tmp");
        Self {
            store: None,
            scratch,
            region: None,
            endpoint: None,
            credentials: None,
            google: Google::default(),
        }
    }
}

/// A key to an S3 store. Never shown.
#[derive(Clone)]
pub struct Credentials {
    /// The key's name.
    pub id: String,
    /// The key.
    pub secret: String,
    /// What goes with a key that ends.
    pub session: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
