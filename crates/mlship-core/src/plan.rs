//! What a deploy would do, as a value: shown, compared, and carried out from the same list.

use serde::Serialize;

/// The steps of a deploy, in order. Empty means that nothing would change.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The steps, in the order they are done.
    pub steps: Vec<Step>,
}

impl Plan {
    /// True when nothing would change.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One change to one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What happens to it.
    pub verb: Verb,
    /// What kind of thing, in the provider's plain words: `function`, `role`, `address`.
    pub resource: String,
    /// Which one.
    pub name: String,
    /// What differs, for an update.
    pub differences: Vec<Difference>,
}

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// Bytes are sent.
    Upload,
    /// Traffic moves to it.
    Promote,
    /// It is removed.
    Delete,
}

/// One setting before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The setting, with its unit: `memory-mb`.
    pub field: String,
    /// What it is now; `None` when not set.
    pub from: Option<String>,
    /// What it will be; `None` when removed.
    pub to: Option<String>,
}
