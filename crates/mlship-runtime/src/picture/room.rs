//! What all pictures together may hold while they are decoded: others wait.

use std::sync::{Condvar, Mutex, PoisonError};

/// So many pixels at a time.
#[derive(Debug)]
pub(crate) struct Room {
    most: u64,
    taken: Mutex<u64>,
    left: Condvar,
}

/// A share of the room, given back when dropped.
pub(crate) struct Share<'r> {
    room: &'r Room,
    pixels: u64,
}

impl Room {
    /// Room for `most` pixels.
    pub(crate) fn new(most: u64) -> Self {
        Self { most, taken: Mutex::new(0), left: Condvar::new() }
    }

    /// Waits until `pixels` more are free. More than there are take all of them.
    pub(crate) fn take(&self, pixels: u64) -> Share<'_> {
        let pixels = pixels.min(self.most);
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut u64| *taken + pixels > self.most;
        let mut taken = self.left.wait_while(taken, full).unwrap_or_else(PoisonError::into_inner);
        *taken += pixels;
        Share { room: self, pixels }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.room.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.pixels;
        self.room.left.notify_all();
    }
}
