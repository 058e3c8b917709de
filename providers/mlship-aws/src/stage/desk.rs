//! Where requests wait for the container: one at a time is with it, the others queue.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use mlship_core::stage::{Cue, Reached};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

/// The most requests that wait. Lambda would start more containers instead.
const WAITING: usize = 32;

/// What came of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// What the function gave back.
    Result(Bytes),
    /// It failed, gave back too much, took too long or ended; why, for the operator.
    Failed(String),
}

/// An event that waits, and who waits for its outcome.
struct Waiting {
    id: String,
    event: Bytes,
    told: oneshot::Sender<Outcome>,
}

/// An event on its way to the container.
#[derive(Debug)]
pub(super) struct Invocation {
    /// What its result is sent under.
    pub(super) id: String,
    /// JSON.
    pub(super) event: Bytes,
    /// When it is given up, in milliseconds since 1970.
    pub(super) deadline_ms: u128,
}

/// An event that the container has, and who waits for its outcome.
struct With {
    id: String,
    told: oneshot::Sender<Outcome>,
    clock: AbortHandle,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    with_container: Option<With>,
    was_asked: bool,
}

/// The desk.
pub(super) struct Desk {
    state: Mutex<State>,
    came: Notify,
    timeout: Duration,
    say: UnboundedSender<Cue>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Desk {
    /// An invocation may take `timeout`; what is to be said or done goes to `say`.
    pub(super) fn new(timeout: Duration, say: UnboundedSender<Cue>) -> Self {
        Self { state: Mutex::default(), came: Notify::new(), timeout, say }
    }

    /// Hands an event in; `None` when too many wait.
    pub(super) fn hand_in(&self, id: String, event: Bytes) -> Option<oneshot::Receiver<Outcome>> {
        let (told, outcome) = oneshot::channel();
        let mut state = self.state();
        state.waiting.retain(|waiting| !waiting.told.is_closed());
        if state.waiting.len() >= WAITING {
            return None;
        }
        state.waiting.push_back(Waiting { id, event, told });
        self.came.notify_one();
        Some(outcome)
    }

    /// Waits for the next event, and from then on for its outcome.
    pub(super) async fn next(self: &Arc<Self>) -> Invocation {
        loop {
            if let Some(waiting) = self.take_up() {
                return self.give_out(waiting);
            }
            self.came.notified().await;
        }
    }

    /// Takes the outcome of the invocation `id`; false when nobody waits for it any more.
    pub(super) fn take_in(&self, id: &str, outcome: Outcome) -> bool {
        let mut state = self.state();
        match state.with_container.take_if(|with| with.id == id) {
            Some(with) => {
                drop(state);
                self.settle(with, outcome);
                true
            }
            None => false,
        }
    }

    /// The container has ended: what was with it has failed.
    pub(super) fn ended(&self, how: &str) -> Reached {
        let mut state = self.state();
        let was_asked = std::mem::take(&mut state.was_asked);
        let with = state.with_container.take();
        drop(state);
        if let Some(with) = with {
            self.settle(with, Outcome::Failed(how.to_owned()));
        }
        if was_asked { Reached::Ready } else { Reached::NotReady }
    }

    /// Tells the operator.
    pub(super) fn say(&self, line: impl Into<String>) {
        let _ = self.say.send(Cue::Say(line.into()));
    }

    fn take_up(&self) -> Option<Waiting> {
        let mut state = self.state();
        state.was_asked = true;
        // An invocation that it asks past has no outcome any more.
        let left = state.with_container.take();
        let next = loop {
            match state.waiting.pop_front() {
                Some(waiting) if waiting.told.is_closed() => {}
                other => break other,
            }
        };
        drop(state);
        if let Some(left) = left {
            self.settle(left, Outcome::Failed("it asked for the next event instead".to_owned()));
        }
        next
    }

    fn give_out(self: &Arc<Self>, waiting: Waiting) -> Invocation {
        let Waiting { id, event, told } = waiting;
        // Locked until both are there, for the clock may be quick.
        let mut state = self.state();
        let (desk, given) = (Arc::clone(self), id.clone());
        let clock = tokio::spawn(async move {
            tokio::time::sleep(desk.timeout).await;
            let seconds = desk.timeout.as_secs();
            let late = format!("it took longer than `resources.timeout-s`, {seconds} s");
            if desk.take_in(&given, Outcome::Failed(late.clone())) {
                let _ = desk.say.send(Cue::Replace(late));
            }
        });
        state.with_container = Some(With { id: id.clone(), told, clock: clock.abort_handle() });
        drop(state);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Invocation { id, event, deadline_ms: (now + self.timeout).as_millis() }
    }

    fn settle(&self, with: With, outcome: Outcome) {
        with.clock.abort();
        if let Outcome::Failed(why) = &outcome {
            self.say(format!("an invocation failed: {why}"));
        }
        // The caller may have gone away.
        let _ = with.told.send(outcome);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
