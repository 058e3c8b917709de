//! How a long job tells what it is doing, without knowing who listens.

/// Hears of a job's progress.
pub trait Progress: Send + Sync {
    /// A step begins: one lower-case phrase, `waiting for the function`.
    fn step(&self, message: &str);
    /// So many bytes of so many are sent.
    fn bytes(&self, done: u64, total: u64);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _message: &str) {}
    fn bytes(&self, _done: u64, _total: u64) {}
}
