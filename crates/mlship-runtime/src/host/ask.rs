//! A request as every host hands it on.

use std::time::Duration;

use super::body::Body;
use super::key::{API_KEY, Shown};
use crate::request::{Carries, Wrap};

/// A request, wherever it was found.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    /// Our own path: that of a host's contract is translated before.
    pub(super) path: &'a str,
    /// What the host's contract wraps the body in.
    pub(super) wrap: Wrap,
    pub(super) headers: &'a dyn Headers,
    pub(super) body: Body,
    /// How long the answer may take from now on.
    pub(super) bound: Duration,
}

/// The headers of a request.
pub(super) trait Headers: Sync {
    /// The value of the header of this name, which is in lower case.
    fn bytes(&self, name: &str) -> Option<&[u8]>;

    /// What the host that they came by carries back.
    fn carries(&self) -> Carries {
        Carries::Bytes
    }
}

impl dyn Headers + '_ {
    /// A value that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// What the caller shows of a key.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown { authorization: self.bytes("authorization"), api_key: self.bytes(API_KEY) }
    }
}

impl Headers for hyper::HeaderMap {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        // Callers send few: looking at each takes less time than hashing the name.
        let mut headers = self.iter();
        headers.find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_bytes())
    }
}
