//! Who does what: one line for each API.

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::state::State;
use super::{functions, logs, operations, registry, run, storage, tokens, usage};

/// What an API makes of a call; `None` when the call is another's. `Ask::id` is the method's id in
/// the discovery document, such as `run.projects.locations.services.get`.
pub(crate) type Api = fn(&mut State, &Ask<'_>) -> Option<Result<Response, Refusal>>;

pub(crate) const ALL: &[Api] = &[
    operations::answer,
    run::answer,
    functions::answer,
    storage::answer,
    registry::answer,
    usage::answer,
    logs::answer,
    tokens::answer,
];
