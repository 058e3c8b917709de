//! What a test gives: the answers of what was deployed.

use std::collections::BTreeMap;

/// Says what a deployed artifact answers to a body.
pub(crate) type Answers = dyn Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync;

/// What a deployed artifact is when it is called.
#[derive(Debug)]
pub struct Served<'a> {
    /// The zip, or all layers' tars one after the other.
    pub artifact: &'a [u8],
    /// The settings that it runs with.
    pub environment: &'a BTreeMap<String, String>,
    /// The path, with the query.
    pub path: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// Names in lower case.
    pub headers: &'a BTreeMap<String, String>,
}
