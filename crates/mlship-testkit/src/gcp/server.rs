//! What all calls share, and where a call goes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::discovery::{self, Ask, Discovery};
use super::error::Refusal;
use super::http::{Request, Response};
use super::state::State;
use super::{apis, control, effect, gate, hosts, run};
use crate::cloud::call::Effect;
use crate::cloud::faults::{Fault, Script};
use crate::cloud::http::Arrived;
use crate::cloud::served::{Answers, Served};
use crate::cloud::server::Stand;
use crate::cloud::tape::Tape;

/// What all calls share.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// What a deployed artifact answers. The state must not be locked when it is asked.
    pub(crate) answer: Box<Answers>,
    pub(crate) discovery: Discovery,
}

impl Shared {
    pub(crate) fn new(
        answer: impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { state: Mutex::default(), answer: Box::new(answer), discovery: Discovery::load() }
    }

    /// All that exists. A call that panicked must not hide what the others see.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call to an API: found in the documents, checked, let in, and done.
    fn api(&self, request: &Request) -> Response {
        let checked = self.discovery.ask(request);
        let mut state = self.lock();
        let ask = match checked {
            Ok(ask) => ask,
            Err(refusal) => {
                state.complain(format!("{} {}: {}", request.method, request.path, refusal.message));
                return refusal.into();
            }
        };
        for remark in &ask.remarks {
            state.remarks.push(format!("{}: {remark}", ask.id));
        }
        if let Err(refusal) = gate::lets_in(&mut state, &ask) {
            return refusal.shown_by(&ask.id);
        }
        let done = apis::ALL.iter().find_map(|api| api(&mut state, &ask));
        match done {
            Some(Ok(response)) => self.shown(&mut state, &ask, response),
            Some(Err(refusal)) => refusal.shown_by(&ask.id),
            None => {
                state.complain(format!("the stand-in does not know `{}`", ask.id));
                Refusal::unimplemented(&ask.id).into()
            }
        }
    }

    /// The answer with its enums as the caller wants them; a field that no document has is the
    /// stand-in's own mistake.
    fn shown(&self, state: &mut State, ask: &Ask<'_>, mut response: Response) -> Response {
        let json = response
            .headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("application/json"));
        let whole = (200..300).contains(&response.status) && json && !ask.is_media();
        let Some(body) = Some(response.value()).filter(|body| whole && body.is_object()) else {
            return response;
        };
        let (body, wrong): (Value, Vec<String>) = self.discovery.shown(ask, body);
        for wrong in wrong {
            state.complain(format!("the stand-in's answer to {}: {wrong}", ask.id));
        }
        response.body = body.to_string().into_bytes();
        response
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
        Refusal::of_fault(script, fault)
    }

    fn tape<T>(&self, with: impl FnOnce(&mut Tape) -> T) -> T {
        with(&mut self.lock().tape)
    }

    fn dispatch(&self, request: &Request) -> Response {
        if let Some(response) = hosts::ALL.iter().find_map(|host| host(self, request)) {
            return response;
        }
        if request.arrived == Arrived::InPart && !discovery::is_upload(request) {
            return Response::empty(400);
        }
        if run::looks(request) {
            run::start_due(self);
        }
        self.api(request)
    }
}
