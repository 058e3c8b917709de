//! What something that runs has written, as one text.

use super::super::id::Id;
use super::super::state::State;

/// The lines that were logged for a resource, the last `tail` of them.
pub(super) fn text(state: &State, id: &Id, tail: Option<usize>) -> String {
    let key = id.key();
    let lines: Vec<&str> =
        state.lines.iter().filter(|(of, ..)| *of == key).map(|(.., text)| text.as_str()).collect();
    let from = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
    lines[from..].iter().map(|line| format!("{line}\n")).collect()
}
