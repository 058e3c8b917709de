//! The record of the calls, and what is to go wrong with the next.

use super::call::{Call, Effect};
use super::faults::{Fate, Script};
use super::http::{Request, Response};

/// What was played and what is to be.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    pub(crate) script: Script,
    /// Calls since the script began.
    pub(crate) played: usize,
    /// How many calls were dropped.
    pub(crate) dropped: usize,
    pub(crate) calls: Vec<Call>,
}

impl Tape {
    /// Calls are counted from 0 again.
    pub(crate) fn play(&mut self, script: Script) {
        (self.script, self.played) = (script, 0);
    }

    /// Writes a call down; its place and what becomes of it.
    pub(crate) fn take(&mut self, request: &Request, effect: Effect) -> (usize, Fate) {
        let fate = self.script.fate(self.played, effect);
        self.played += 1;
        self.calls.push(Call::of(request, effect));
        (self.calls.len() - 1, fate)
    }

    /// Notes what was answered; `None` is a connection that was dropped.
    pub(crate) fn note(&mut self, index: usize, response: Option<&Response>) {
        self.dropped += usize::from(response.is_none());
        // A reset may have come between; then there is nothing to note it on.
        if let Some(call) = self.calls.get_mut(index) {
            call.status = response.map(|response| response.status);
            call.answer = response.and_then(|given| serde_json::from_slice(&given.body).ok());
        }
    }

    /// How many calls changed something, or would have.
    pub(crate) fn writes(&self) -> u64 {
        self.calls.iter().filter(|call| call.effect() == Effect::Write).count() as u64
    }
}
