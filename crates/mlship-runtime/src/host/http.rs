//! Plain HTTP/1.1. Bound and listening before the model is loaded.

mod connection;
mod invocation;
mod listener;
mod outline;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlship_bundle::Bundle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::address::Address;
use super::desk::{Desk, State};
use super::documents::{Callers, Documents};
use super::door::{Contract, Door};
use super::openapi::Guard;
use super::predict::Predictor;
use super::{End, Notice, Settings, Tell};
use crate::bundle::LoadError;
use crate::service::Service;
use connection::Shared;
use listener::Listener;

/// The most connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 256;

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
    let (loaded, state) = watch::channel(State::Loading);
    let wrapped = match door.contract {
        Contract::CustomHandler => invocation::longest(bundle.bounds.body_bytes),
        _ => 0,
    };
    let guard = if settings.key.is_some() { Guard::Key } else { Guard::Open };
    let documents = Documents::new(folder, &bundle, callers(&door), guard);
    let desk = Desk::new(state, bundle.bounds, wrapped, documents, &settings);
    let shared =
        Arc::new(Shared { desk, contract: door.contract, wrapped, arrival: settings.arrival });
    load(folder, bundle, settings, loaded, tell);
    let mut connections = JoinSet::new();
    let (stop, stopping) = watch::channel(());
    let end = accept(listener, &shared, stopping, signals, &mut connections).await;
    drop(stop);
    if end == End::Overdue {
        tell(&Notice::Overdue);
    }
    let drained = async { while connections.join_next().await.is_some() {} };
    // What is overdue holds the only turn: nothing else will be answered.
    let patience = if end == End::Overdue { Duration::from_secs(1) } else { DRAIN };
    let _ = tokio::time::timeout(patience, drained).await;
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

/// Takes connections until a signal comes or a prediction is overdue.
async fn accept(
    listener: Listener,
    shared: &Arc<Shared>,
    stopping: watch::Receiver<()>,
    [mut terminate, mut interrupt]: [Signal; 2],
    connections: &mut JoinSet<()>,
) -> End {
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok(stream) => {
                    connections.spawn(connection::serve(stream, shared.clone(), stopping.clone()));
                }
                // Out of descriptors, or a caller that left; the next may succeed.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = terminate.recv() => return End::Asked,
            _ = interrupt.recv() => return End::Asked,
            () = shared.desk.overdue() => return End::Overdue,
        }
    }
}

/// Loads on a thread of its own, so that the port answers meanwhile.
fn load(
    folder: &Path,
    bundle: Bundle,
    settings: Settings,
    loaded: watch::Sender<State>,
    tell: Tell,
) {
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        let (notice, state) = loop {
            let start = Instant::now();
            let service =
                std::panic::catch_unwind(|| Service::load(&folder, &bundle, &settings.setup, tell));
            break match service {
                Ok(Ok(service)) => {
                    let milliseconds = start.elapsed().as_millis() as u64;
                    (Notice::Ready { milliseconds }, State::Ready(Predictor::new(service)))
                }
                // A store that fails now may answer later.
                Ok(Err(LoadError::Fetch(error))) if error.may_pass() => {
                    let (notice, state) = failed(error.to_string());
                    let _ = loaded.send(state);
                    tell(&notice);
                    std::thread::sleep(FETCH_AGAIN);
                    continue;
                }
                Ok(Err(error)) => failed(error.to_string()),
                Err(_) => failed("the engine panicked".into()),
            };
        };
        let _ = loaded.send(state);
        tell(&notice);
    });
}

fn failed(cause: String) -> (Notice, State) {
    (Notice::Failed { cause: cause.clone() }, State::Failed(cause))
}
