//! What goes wrong on demand.

use super::call::Call;
use super::gate::Gate;

/// What is to go wrong, and how the proxy behaves.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// What goes wrong with which calls; the first that fits counts.
    pub faults: Vec<(Pick, Fault)>,
    /// How bodies reach the registry.
    pub intake: Intake,
    /// Who is let in.
    pub gate: Gate,
}

/// Which calls are meant. Repeated tries count as calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// One call, numbered from 0.
    Index(usize),
    /// One call of those with a method, numbered from 0.
    Nth(&'static str, usize),
    /// Every call whose `METHOD /path?query` has these words in this order.
    Every(&'static [&'static str]),
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This is answered; nothing reaches the registry.
    Status(u16),
    /// 429, with so many seconds to wait.
    RetryAfter(u32),
    /// The connection ends before the call reaches the registry.
    CutBefore,
    /// The connection ends after the call took effect.
    CutAfter,
    /// The connection ends after so many bytes of the request's body.
    CutBody(u64),
    /// After so many bytes of the request's body nothing moves until the client goes.
    Hold(u64),
    /// The connection ends after so many bytes of the answer's body.
    CutAnswer(u64),
    /// One byte of the answer's body is another.
    Corrupt,
    /// It reaches the registry without its query, as if the registry did not know what that asks
    /// for.
    WithoutQuery,
    /// The answer's `Location` leads to this host.
    Elsewhere(String),
    /// The answer names this digest.
    Claim(String),
}

/// How bodies of requests reach the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Intake {
    /// As they come. `docker-registry` keeps what it got of a chunk that was cut, and then
    /// forgets the upload.
    #[default]
    Streamed,
    /// When they are whole: as behind a web server that buffers requests, or with registries that
    /// take a chunk whole or not at all.
    Whole,
}

impl Script {
    /// One fault alone.
    pub fn one(pick: Pick, fault: Fault) -> Self {
        Self { faults: vec![(pick, fault)], ..Self::default() }
    }

    /// The fault that meets a call, given those before it.
    pub(super) fn fault(&self, before: &[Call], call: &Call) -> Option<Fault> {
        let meets = |pick: &Pick| match pick {
            Pick::Index(index) => before.len() == *index,
            Pick::Nth(method, index) => {
                let same = before.iter().filter(|other| other.method == *method).count();
                call.method == *method && same == *index
            }
            Pick::Every(words) => in_order(&format!("{} {}", call.method, call.target), words),
        };
        self.faults.iter().find(|(pick, _)| meets(pick)).map(|(_, fault)| fault.clone())
    }
}

fn in_order(text: &str, words: &[&str]) -> bool {
    let mut rest = text;
    words.iter().all(|word| match rest.split_once(word) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
