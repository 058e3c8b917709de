//! Bodies of requests that count what goes out, and the watch over them.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use mlship_core::progress::Progress;
use reqwest::Body;
use tokio::time::Instant;

use super::reader::Reader;
use crate::answer::Call;
use crate::pace::Failure;

/// How much is handed to the connection at a time, in bytes.
const SLICE: usize = 64 << 10;

/// How long no byte may go out, or an answer be awaited: registries take their time over the end
/// of a large layer.
const STALL: Duration = Duration::from_secs(300);

const TICK: Duration = Duration::from_millis(200);

/// Counts the bytes of one blob.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    size: u64,
    /// Where in the blob the sending is.
    at: Arc<AtomicU64>,
    /// How many bytes went out in all, repeated ones too.
    sent: Arc<AtomicU64>,
}

/// Why a body ended early, when that was not the connection's doing.
#[derive(Debug, Clone, Default)]
pub(super) struct Cause(Arc<Mutex<Option<Failure>>>);

impl Cause {
    pub(super) fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }
}

impl Counted {
    pub(super) fn new(size: u64) -> Self {
        Self { size, at: Arc::default(), sent: Arc::default() }
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The bytes that begin at `from` in the blob.
    pub(super) fn body(&self, from: u64, bytes: Bytes) -> Body {
        self.at.store(from, Ordering::Relaxed);
        let counted = self.clone();
        Body::wrap_stream(stream::unfold(bytes, move |mut rest| {
            let slice = rest.split_to(rest.len().min(SLICE));
            counted.count(&slice);
            std::future::ready((!slice.is_empty()).then_some((Ok::<_, io::Error>(slice), rest)))
        }))
    }

    /// The whole blob.
    pub(super) fn stream(&self, reader: Reader, call: Call, cause: &Cause) -> Body {
        self.at.store(0, Ordering::Relaxed);
        let state = (reader, call, self.clone(), cause.clone());
        Body::wrap_stream(stream::try_unfold(state, |mut state| async {
            match state.0.piece(SLICE as u64, &state.1).await {
                Ok(slice) if slice.is_empty() => Ok(None),
                Ok(slice) => {
                    state.2.count(&slice);
                    Ok(Some((slice, state)))
                }
                Err(failure) => {
                    state.3.set(failure);
                    Err(io::Error::other("the source failed"))
                }
            }
        }))
    }

    /// Waits for a request, tells of its bytes, and ends it when none move.
    pub(super) async fn watch<T>(
        &self,
        sending: impl Future<Output = Result<T, Failure>>,
        call: &Call,
        progress: &dyn Progress,
    ) -> Result<T, Failure> {
        let mut sending = pin!(sending);
        let mut ticks = tokio::time::interval(TICK);
        let (mut last, mut moved) = (u64::MAX, Instant::now());
        loop {
            tokio::select! {
                done = &mut sending => {
                    progress.bytes(self.at.load(Ordering::Relaxed), self.size);
                    return done;
                }
                _ = ticks.tick() => {
                    let at = self.at.load(Ordering::Relaxed);
                    if at != last {
                        progress.bytes(at, self.size);
                        (last, moved) = (at, Instant::now());
                    } else if moved.elapsed() > STALL {
                        return Err(call.silent(STALL));
                    }
                }
            }
        }
    }

    fn count(&self, slice: &Bytes) {
        self.at.fetch_add(slice.len() as u64, Ordering::Relaxed);
        self.sent.fetch_add(slice.len() as u64, Ordering::Relaxed);
    }
}
