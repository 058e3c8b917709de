//! Plain HTTP/1.1. Bound and listening before the model is loaded.

mod connection;
mod crew;
mod invocation;
mod listener;
mod outline;
mod patience;
mod seat;

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mlship_bundle::Bundle;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::address::Address;
use super::desk::Desk;
use super::documents::{Callers, Documents};
use super::door::{Contract, Door};
use super::openapi::Guard;
use super::{End, Notice, Settings, Tell};
use crate::bundle::LoadError;
use crate::service::Service;
use connection::{Guest, Shared};
use crew::Crew;
use listener::{Listener, Stream};
use seat::Seats;

/// As many connections as any machine can have.
const FEW: usize = 256;

/// More connections than these are not kept open, however large the machine is.
const MANY: usize = 16_384;

/// How long after no connection could be taken the next one is tried.
const AGAIN: Duration = Duration::from_millis(20);

/// Who has come before the host was asked to stop is heard of within this time.
const AT_THE_DOOR: Duration = Duration::from_millis(1);

/// The most of those: as many as the system keeps at the door.
const BACKLOG: usize = 1024;

/// The longest that requests under way may take when the host is asked to stop. Cloud Run kills
/// what still runs ten seconds after it asked
/// (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
const DRAIN: Duration = Duration::from_secs(8);

/// How long after a store could not be reached it is asked again.
const FETCH_AGAIN: Duration = Duration::from_secs(15);

/// Serves `bundle`, which was read from `folder`, until SIGTERM or SIGINT.
///
/// # Errors
/// When the address cannot be bound. A model that cannot be loaded is told of by `/readyz`.
pub async fn serve(
    folder: &Path,
    bundle: Bundle,
    door: Door,
    settings: Settings,
    tell: Tell,
) -> io::Result<End> {
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let listener = Listener::bind(&door.address).await?;
    tell(&Notice::Listening { address: listener.address()?.to_string() });
    let wrapped = match door.contract {
        Contract::CustomHandler => invocation::longest(bundle.bounds.body_bytes),
        _ => 0,
    };
    let guard = if settings.key.is_some() { Guard::Key } else { Guard::Open };
    let documents = Documents::new(folder, &bundle, callers(&door), guard);
    let desk = Desk::new(bundle, wrapped, documents, &settings, tell);
    let (contract, arrival, stopping) = (door.contract, settings.arrival, AtomicBool::new(false));
    let shared = Arc::new(Shared { desk, contract, wrapped, arrival, stopping });
    let crew = Crew::new(settings.setup.clone(), shared.desk.metrics().clone());
    load(folder, shared.clone(), settings, tell);
    let mut reception = Reception { listener, shared, crew, seats: Seats::default(), most: None };
    let end = reception.open(signals).await;
    if end == End::Overdue {
        tell(&Notice::Overdue);
    }
    // What is overdue holds the only turn: nothing else will be answered.
    let patience = if end == End::Overdue { Duration::from_secs(1) } else { DRAIN };
    let _ = tokio::time::timeout(patience, reception.close()).await;
    tell(&Notice::Stopped);
    Ok(end)
}

/// Whom the door lets in. A platform that asks at loopback passes on what others ask, and so may
/// whoever has a socket's path.
fn callers(door: &Door) -> Callers {
    match (&door.contract, &door.address) {
        (Contract::Plain, Address::Network(address)) if address.ip().is_loopback() => {
            Callers::Local
        }
        _ => Callers::Remote,
    }
}

/// Where connections come in and are given to those who serve them.
struct Reception {
    listener: Listener,
    shared: Arc<Shared>,
    crew: Crew,
    seats: Seats,
    /// How many connections there may be; `None` until that matters.
    most: Option<usize>,
}

impl Reception {
    /// Takes connections until a signal comes or a prediction is overdue.
    async fn open(&mut self, [mut terminate, mut interrupt]: [Signal; 2]) -> End {
        let shared = self.shared.clone();
        let mut overdue = std::pin::pin!(shared.desk.overdue());
        loop {
            let has_room = self.has_room();
            tokio::select! {
                accepted = self.listener.accept(), if has_room => match accepted {
                    Ok(stream) => self.welcome(stream),
                    // Out of descriptors, or a caller that left. The next may succeed.
                    Err(_) => {
                        self.seats.make_room();
                        tokio::time::sleep(AGAIN).await;
                    }
                },
                () = self.crew.one_less() => {}
                () = tokio::time::sleep(AGAIN), if !has_room => {}
                _ = terminate.recv() => return End::Asked,
                _ = interrupt.recv() => return End::Asked,
                () = overdue.as_mut() => return End::Overdue,
            }
        }
    }

    /// Whether one more may come in. Where not, somebody idle is asked to leave.
    fn has_room(&mut self) -> bool {
        let count = self.crew.count();
        if count < FEW {
            return true;
        }
        let setup = self.crew.setup();
        let most = *self.most.get_or_insert_with(|| most(setup.machine().memory_bytes));
        let has_room = count < most;
        if !has_room {
            self.seats.make_room();
        }
        has_room
    }

    fn welcome(&mut self, stream: Stream) {
        let guest = Guest { shared: self.shared.clone(), seat: self.seats.take() };
        self.crew.give(stream, guest);
    }

    /// Takes in who already waits at the door, lets nobody else in, and returns once all are
    /// answered.
    async fn close(mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        for _ in 0..BACKLOG {
            match tokio::time::timeout(AT_THE_DOOR, self.listener.accept()).await {
                Ok(Ok(stream)) => self.welcome(stream),
                _ => break,
            }
        }
        drop(self.listener);
        self.seats.close();
        self.crew.drained().await;
    }
}

/// How many connections there may be: each has up to 64 KiB of a head, and they take no more than
/// a quarter of the memory.
fn most(memory_bytes: u64) -> usize {
    ((memory_bytes / 4 / connection::HEAD as u64) as usize).clamp(FEW, MANY)
}

/// Loads on a thread of its own, so that the port answers meanwhile.
fn load(folder: &Path, shared: Arc<Shared>, settings: Settings, tell: Tell) {
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        let desk = &shared.desk;
        let failed = |cause: String| {
            desk.failed(cause.clone());
            tell(&Notice::Failed { cause });
        };
        loop {
            let start = Instant::now();
            let load = || Service::load(&folder, desk.bundle(), &settings.setup, tell);
            match std::panic::catch_unwind(AssertUnwindSafe(load)) {
                Ok(Ok(service)) => {
                    let took = start.elapsed();
                    desk.ready(service, took);
                    tell(&Notice::Ready { milliseconds: took.as_millis() as u64 });
                    return;
                }
                // A store that fails now may answer later.
                Ok(Err(LoadError::Fetch(error))) if error.may_pass() => {
                    failed(error.to_string());
                    std::thread::sleep(FETCH_AGAIN);
                }
                Ok(Err(error)) => return failed(error.to_string()),
                Err(_) => return failed("the engine panicked".into()),
            }
        }
    });
}

/// Reads a wrapped request and sends its body back.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bytes: &[u8]) {
    if let Some(Ok(invocation)) = invocation::Invocation::read(bytes) {
        let _ = invocation::wrap(super::routes::Reply::json(invocation.body));
    }
}
