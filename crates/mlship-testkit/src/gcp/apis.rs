//! Who does what: one line for each API.

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::state::State;
use super::{functions, operations, run, storage, usage};

/// What an API makes of a call; `None` when the call is another's. `Ask::id` is the method's id in
/// the discovery document, such as `run.projects.locations.services.get`.
pub(crate) type Api = fn(&mut State, &Ask<'_>) -> Option<Result<Response, Refusal>>;

pub(crate) const ALL: &[Api] =
    &[operations::answer, run::answer, storage::answer, functions::answer, usage::answer];
