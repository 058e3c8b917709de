//! The threads that serve connections. The first does it alone until two callers are there at once,
//! so that a process with one caller at a time starts no others; for a light model until there are
//! more of them than it has time for. Which thread serves a connection is decided once, when it
//! comes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{
    Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel,
};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::connection::{Guest, serve};
use super::listener::{Moving, Stream};
use crate::host::metrics::Metrics;
use crate::setup::Setup;

/// The most threads, however many processors there are.
const MOST: usize = 32;

/// So many callers of a light model are served by one thread: two would wait for requests more than
/// they answer, and each that wakes takes the processor from somebody.
const BUSY: usize = 8;

/// Those that serve connections.
pub(super) struct Crew {
    /// Connections that the first thread serves itself.
    own: JoinSet<()>,
    own_count: Arc<AtomicUsize>,
    others: Vec<Hand>,
    /// How many others there may be; `None` until that matters.
    most_others: Option<usize>,
    setup: Setup,
    total: Arc<Total>,
    /// Each of the others has a copy of the sender until all that it was given is done.
    at_work: (Sender<()>, Receiver<()>),
    /// Closed when nobody needs the others' threads any more.
    over: watch::Sender<()>,
}

/// Connections of all threads.
struct Total {
    metrics: Arc<Metrics>,
    one_less: Notify,
}

/// Another thread.
struct Hand {
    count: Arc<AtomicUsize>,
    give: UnboundedSender<(Moving, Guest, Counted)>,
}

/// A connection, for as long as it is counted.
struct Counted {
    of_hand: Arc<AtomicUsize>,
    total: Arc<Total>,
}

impl Counted {
    fn new(of_hand: &Arc<AtomicUsize>, total: &Arc<Total>) -> Self {
        of_hand.fetch_add(1, Relaxed);
        total.metrics.connections.fetch_add(1, Relaxed);
        Self { of_hand: of_hand.clone(), total: total.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.of_hand.fetch_sub(1, Relaxed);
        self.total.metrics.connections.fetch_sub(1, Relaxed);
        self.total.one_less.notify_one();
    }
}

impl Crew {
    /// The first thread alone; more as the machine that `setup` knows allows.
    pub(super) fn new(setup: Setup, metrics: Arc<Metrics>) -> Self {
        Self {
            own: JoinSet::new(),
            own_count: Arc::default(),
            others: Vec::new(),
            most_others: None,
            setup,
            total: Arc::new(Total { metrics, one_less: Notify::new() }),
            at_work: channel(1),
            over: watch::Sender::new(()),
        }
    }

    /// What is known of the machine.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// How many connections are open.
    pub(super) fn count(&self) -> usize {
        self.total.metrics.connections.load(Relaxed)
    }

    /// Returns once a connection has ended.
    pub(super) async fn one_less(&mut self) {
        tokio::select! {
            Some(_) = self.own.join_next() => {}
            () = self.total.one_less.notified() => {}
        }
    }

    /// Serves a connection, on the thread that has the fewest.
    pub(super) fn give(&mut self, stream: Stream, guest: Guest) {
        let alone = if guest.shared.desk.is_light() { BUSY } else { 1 };
        if self.own_count.load(Relaxed) >= alone && self.others.len() < self.most_others() {
            self.hire();
        }
        let least = self.others.iter().min_by_key(|hand| hand.count.load(Relaxed));
        match least.filter(|hand| hand.count.load(Relaxed) < self.own_count.load(Relaxed)) {
            Some(hand) => {
                // A connection that cannot be moved is broken.
                if let Ok(moving) = stream.leave() {
                    let counted = Counted::new(&hand.count, &self.total);
                    let _ = hand.give.send((moving, guest, counted));
                }
            }
            None => {
                let counted = Counted::new(&self.own_count, &self.total);
                drop(self.own.spawn(task(stream, guest, counted)));
            }
        }
    }

    /// Returns once all connections have ended.
    pub(super) async fn drained(mut self) {
        let others = std::mem::take(&mut self.others);
        drop(others);
        while self.own.join_next().await.is_some() {}
        let (own, mut at_work) = self.at_work;
        drop(own);
        while at_work.recv().await.is_some() {}
    }

    fn most_others(&mut self) -> usize {
        let setup = &self.setup;
        *self
            .most_others
            .get_or_insert_with(|| crate::policy::threads(setup.machine()).clamp(1, MOST) - 1)
    }

    /// Starts another thread. Where there can be none, those that are there go on.
    fn hire(&mut self) {
        let (give, given) = unbounded_channel();
        let (at_work, over) = (self.at_work.0.clone(), self.over.subscribe());
        let started = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let thread = std::thread::Builder::new().name("connections".into());
            thread.spawn(move || work(&runtime, given, at_work, over))
        });
        match started {
            Ok(_) => self.others.push(Hand { count: Arc::default(), give }),
            Err(_) => self.most_others = Some(self.others.len()),
        }
    }
}

/// All there is to do for one connection. Of one type for every thread: what is inside is large.
#[inline(never)]
fn task(
    stream: Stream,
    guest: Guest,
    counted: Counted,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _counted = counted;
        serve(stream, guest).await;
    })
}

/// Serves what is given until no more comes and all of it is done. What was begun on this thread
/// for callers of others goes on until it is over for all.
fn work(
    runtime: &Runtime,
    mut given: UnboundedReceiver<(Moving, Guest, Counted)>,
    at_work: Sender<()>,
    mut over: watch::Receiver<()>,
) {
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                next = given.recv() => match next {
                    Some((moving, guest, counted)) => {
                        if let Ok(stream) = moving.arrive() {
                            drop(connections.spawn(task(stream, guest, counted)));
                        }
                    }
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        while connections.join_next().await.is_some() {}
        drop(at_work);
        let _ = over.changed().await;
    });
}
