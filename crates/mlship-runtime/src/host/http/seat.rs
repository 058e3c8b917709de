//! Who is connected, and who has to go when there is room for no more: idle callers, those that
//! have been silent for longest first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use tokio::sync::Notify;

/// One caller's connection, as it is seen by others.
#[derive(Default)]
pub(super) struct Seat {
    /// A request is under way.
    busy: AtomicBool,
    /// One was, since it was last looked at.
    used: AtomicBool,
    /// How many there were.
    asked: AtomicUsize,
    gone: AtomicBool,
    asked_to_leave: Notify,
}

/// All connections, in the order they are looked at.
#[derive(Default)]
pub(super) struct Seats(VecDeque<Arc<Seat>>);

impl Seats {
    /// A seat for a new connection.
    pub(super) fn take(&mut self) -> Arc<Seat> {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|seat| !seat.gone.load(Relaxed));
        }
        let seat = Arc::new(Seat::default());
        self.0.push_back(seat.clone());
        seat
    }

    /// Asks all callers to leave.
    pub(super) fn close(self) {
        self.0.iter().for_each(|seat| seat.asked_to_leave.notify_one());
    }

    /// Asks one idle caller to leave; false when all are busy. Who was busy since the last look
    /// is passed over once.
    pub(super) fn make_room(&mut self) -> bool {
        for _ in 0..2 * self.0.len() {
            let Some(seat) = self.0.pop_front() else { return false };
            if seat.gone.load(Relaxed) {
                continue;
            }
            if seat.busy.load(Relaxed) || seat.used.swap(false, Relaxed) {
                self.0.push_back(seat);
                continue;
            }
            seat.asked_to_leave.notify_one();
            return true;
        }
        false
    }
}

impl Seat {
    /// A request begins.
    pub(super) fn begin(&self) {
        self.busy.store(true, Relaxed);
        self.used.store(true, Relaxed);
        // Only its own connection counts.
        self.asked.store(self.asked.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// How many requests were begun. Where none was, no answer can be on its way.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }

    /// It is answered.
    pub(super) fn end(&self) {
        self.busy.store(false, Relaxed);
    }

    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed)
    }

    /// Returns once its place is needed.
    pub(super) async fn asked_to_leave(&self) {
        self.asked_to_leave.notified().await;
    }

    /// The connection is closed.
    pub(super) fn leave(&self) {
        self.gone.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_go_first_and_the_busy_stay() {
        let mut seats = Seats::default();
        let [busy, used, idle, gone] = [(); 4].map(|()| seats.take());
        busy.begin();
        used.begin();
        used.end();
        gone.leave();
        assert!(seats.make_room());
        assert!(Arc::strong_count(&idle) == 1, "it is not looked at again");
        assert!(seats.make_room());
        assert!(Arc::strong_count(&used) == 1);
        assert!(!seats.make_room());
        assert!(busy.is_busy());
        busy.end();
        assert!(seats.make_room());
        assert!(!seats.make_room());
    }

    #[test]
    fn those_that_left_take_no_memory() {
        let mut seats = Seats::default();
        for _ in 0..10_000 {
            seats.take().leave();
        }
        assert!(seats.0.capacity() < 100, "{}", seats.0.capacity());
    }
}
