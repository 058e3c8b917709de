//! Reads a request's body under a bound on its length, on its time, and on what all bodies hold.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::problem::{Kind, Problem};

/// The longest that the rest of a refused body is read, so that its sender hears the refusal.
const LINGER: Duration = Duration::from_secs(2);

/// The most that is read of a refused body, in bytes.
const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// A body that is no longer than this takes nothing of what all bodies may hold: there are no more of
/// them than connections, whose number is bounded by the memory. Large ones do not keep it out.
const SMALL: usize = 16 * 1024;

/// The body of a request.
pub(super) enum Body {
    /// On its way.
    Coming(Incoming),
    /// In memory.
    Here(Held),
}

/// A body in memory, and its share of what all of them may hold.
pub(super) struct Held {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Its length in bytes, where it is known.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Coming(body) => body.size_hint().exact(),
            Self::Here(held) => Some(held.bytes.len() as u64),
        }
    }
}

impl From<Vec<u8>> for Held {
    /// Bytes that the host itself bounds.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, share: None }
    }
}

impl Held {
    /// Other bytes, no more of them, that take the place of those that were read.
    pub(super) fn instead(self, bytes: Vec<u8>) -> Self {
        Self { bytes, ..self }
    }

    /// The bytes as they arrived.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, which may be freed, and the share, which is kept until the answer is made: what
    /// the bytes become takes their place.
    pub(super) fn into_parts(self) -> (Vec<u8>, Option<OwnedSemaphorePermit>) {
        (self.bytes, self.share)
    }
}

/// Bounds on bodies.
pub(super) struct Intake {
    /// The longest body, in bytes.
    longest: usize,
    /// The longest that one may take to arrive.
    arrival: Duration,
    /// A permit for each byte that all bodies together may hold.
    budget: Arc<Semaphore>,
}

impl Intake {
    /// All bodies together hold four of the longest, or one of `most` bytes.
    pub(super) fn new(longest: usize, most: usize, arrival: Duration) -> Self {
        let budget = longest.max(1).saturating_mul(4).max(most);
        Self {
            longest,
            arrival,
            budget: Arc::new(Semaphore::new(budget.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Reads `body` in full, or says why not.
    pub(super) async fn read(&self, body: Body) -> Result<Held, Problem> {
        match body {
            Body::Here(held) => Ok(held),
            Body::Coming(body) => self.read_within(self.longest, body).await,
        }
    }

    /// Reads a body in full that may have `longest` bytes.
    pub(super) async fn read_within(
        &self,
        longest: usize,
        mut body: Incoming,
    ) -> Result<Held, Problem> {
        let deadline = Instant::now() + self.arrival;
        let announced = body.size_hint().lower();
        if announced > longest as u64 {
            linger(body).await;
            return Err(too_large(longest));
        }
        // What is announced takes nothing of the budget until it arrives: a caller could announce
        // much, send little, and keep the others out.
        let mut held = Held { bytes: Vec::new(), share: None };
        let mut taken = 0;
        loop {
            let Ok(frame) = timeout_at(deadline, body.frame()).await else {
                let detail =
                    format!("the body did not arrive in {} seconds", self.arrival.as_secs());
                return Err(Problem::new(Kind::SlowBody, detail));
            };
            let Some(frame) = frame else { return Ok(held) };
            let frame = frame.map_err(|_| {
                Problem::new(Kind::BrokenBody, "the body ends early or is framed wrongly")
            })?;
            let Ok(chunk) = frame.into_data() else { continue };
            let length = held.bytes.len() + chunk.remaining();
            if length > longest {
                drop(held);
                linger(body).await;
                return Err(too_large(longest));
            }
            if length > taken {
                let room = room(length, announced as usize, longest);
                self.take(&mut held, counted(room) - counted(taken))?;
                held.bytes.reserve_exact(room - held.bytes.len());
                taken = room;
            }
            held.bytes.extend_from_slice(&chunk);
        }
    }

    fn take(&self, held: &mut Held, bytes: usize) -> Result<(), Problem> {
        if bytes == 0 {
            return Ok(());
        }
        let busy = || Problem::new(Kind::Busy, "too many large requests are under way; try again");
        let bytes = u32::try_from(bytes).map_err(|_| busy())?;
        let more = self.budget.clone().try_acquire_many_owned(bytes).map_err(|_| busy())?;
        match &mut held.share {
            Some(share) => share.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// What room for so many bytes counts.
fn counted(room: usize) -> usize {
    if room > SMALL { room } else { 0 }
}

/// The room for a body of which `length` bytes are here: twice as much, and no more than is to come.
fn room(length: usize, announced: usize, longest: usize) -> usize {
    let most = if announced > 0 { announced } else { longest };
    length.saturating_mul(2).min(most).max(length)
}

fn too_large(longest: usize) -> Problem {
    Problem::new(Kind::BodyTooLarge, format!("at most {longest} bytes are taken"))
}

/// Reads on for a while and keeps nothing, where anything is still to come. A connection that is closed on unread bytes is reset,
/// and the reply lost with it.
pub(super) async fn pass_over(body: Body) {
    if let Body::Coming(body) = body {
        linger(body).await;
    }
}

async fn linger(mut body: Incoming) {
    let deadline = Instant::now() + LINGER;
    let mut left = LINGER_BYTES;
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
