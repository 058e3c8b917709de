//! What all calls share, and where a call goes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::http::{Request, Response};
use super::state::State;
use super::{arm, control, effect, refusals, types};
use crate::cloud::call::Effect;
use crate::cloud::faults::{Fault, Script};
use crate::cloud::served::{Answers, Served};
use crate::cloud::server::Stand;
use crate::cloud::tape::Tape;

/// What all calls share.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) answer: Box<Answers>,
}

impl Shared {
    pub(super) fn new(
        answer: impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { state: Mutex::default(), answer: Box::new(answer) }
    }

    /// All that exists. A call that panicked must not hide what the others see.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stand for Shared {
    fn listens_at(&self, port: u16) {
        self.lock().port = port;
    }

    fn steered(&self, request: &Request) -> Option<Response> {
        control::serve(self, request)
    }

    fn effect(&self, request: &Request) -> Effect {
        effect::of(request)
    }

    fn refusal(&self, script: &Script, fault: Fault) -> Response {
        refusals::refusal(script, fault)
    }

    fn tape<T>(&self, with: impl FnOnce(&mut Tape) -> T) -> T {
        with(&mut self.lock().tape)
    }

    fn dispatch(&self, request: &Request) -> Response {
        let hosted = types::HOSTS.iter().find_map(|host| host(self, request));
        hosted.unwrap_or_else(|| arm::serve(&mut self.lock(), request))
    }
}
