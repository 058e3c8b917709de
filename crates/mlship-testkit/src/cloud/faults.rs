//! What goes wrong on demand.

use super::call::Effect;

/// What is to go wrong. Calls are numbered from 0 since the script began, repeated tries included.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// From this call on, nothing gets through any more: as if the caller had been killed.
    pub cut: Option<Cut>,
    /// This one call fails.
    pub once: Option<(usize, Fault)>,
    /// So many looks at a new resource find nothing, and so many lists leave it out.
    pub lag: u32,
    /// So many more looks find an operation still running.
    pub slow: u32,
    /// What operations end in failure: the first whose resource's id has this in it, without
    /// regard to case. An empty text is any.
    pub failing: Option<String>,
    /// What `Retry-After` says, in seconds.
    pub retry_after: u32,
}

/// Where the calls end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// This call does not arrive.
    Before(usize),
    /// This call takes effect; its answer does not come back.
    After(usize),
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many calls: 429 and `Retry-After`.
    Throttled,
    /// The service's own fault: 500.
    Broken,
    /// The service is not there for a moment: 503 and `Retry-After`.
    Busy,
    /// Somebody else is changing the resource: 409; only a write meets it.
    Conflict,
    /// The connection ends before the call arrives.
    DroppedBefore,
    /// The connection ends after the call took effect.
    DroppedAfter,
    /// The connection ends when half of the body has arrived.
    DroppedMidway,
}

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Fate {
    Pass,
    Drop,
    /// It takes effect and is not answered.
    PassAndDrop,
    /// Half of its body arrives.
    HalfAndDrop,
    /// It is refused in the cloud's words.
    Refuse(Fault),
}

impl Script {
    pub(super) fn fate(&self, index: usize, effect: Effect) -> Fate {
        match self.cut {
            Some(Cut::Before(at)) if index >= at => return Fate::Drop,
            Some(Cut::After(at)) if index > at => return Fate::Drop,
            Some(Cut::After(at)) if index == at => return Fate::PassAndDrop,
            _ => {}
        }
        match self.once {
            Some((at, fault)) if at == index => fault.fate(effect),
            _ => Fate::Pass,
        }
    }
}

impl Fault {
    fn fate(self, effect: Effect) -> Fate {
        match self {
            Self::DroppedBefore => Fate::Drop,
            Self::DroppedAfter => Fate::PassAndDrop,
            Self::DroppedMidway => Fate::HalfAndDrop,
            Self::Conflict if effect == Effect::Read => Fate::Pass,
            _ => Fate::Refuse(self),
        }
    }
}
