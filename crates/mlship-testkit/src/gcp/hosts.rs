//! The hosts other than the APIs', told apart by `Host` (and, for tokens, by path): one line each.

use super::http::{Request, Response};
use super::server::Shared;
use super::{functions, host, registry, tokens};

/// What a host answers; `None` when the call is not for it. It locks the state itself.
pub(crate) type Host = fn(&Shared, &Request) -> Option<Response>;

pub(crate) const ALL: &[Host] = &[host::serve, functions::serve, registry::serve, tokens::serve];
