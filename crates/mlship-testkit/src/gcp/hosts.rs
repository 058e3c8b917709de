//! The hosts other than the APIs', told apart by `Host` (and, for tokens, by path): one line each.

use super::host;
use super::http::{Request, Response};
use super::server::Shared;

/// What a host answers; `None` when the call is not for it. It locks the state itself.
pub(crate) type Host = fn(&Shared, &Request) -> Option<Response>;

pub(crate) const ALL: &[Host] = &[host::serve];
