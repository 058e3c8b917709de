//! A word to the longest tokens that spell it, from its start on.

use mlship_bundle::vocabulary::{ABSENT, Node};

use super::file::View;

/// Adds the ids of the tokens that spell `word`, or of the unknown word.
pub(super) fn spell(view: &View<'_>, word: &[u8], onto: &mut Vec<u32>) {
    let before = onto.len();
    let mut start = 0;
    while start < word.len() {
        let from = if start == 0 { 0 } else { view.header.continuation };
        let Some((length, id)) = longest(view.nodes, from, &word[start..]) else {
            onto.truncate(before);
            onto.push(view.header.unknown);
            return;
        };
        onto.push(id);
        start += length;
    }
}

/// The longest token at the start of `text`, looked for from node `from`: its length and id.
fn longest(nodes: &[Node], from: u32, text: &[u8]) -> Option<(usize, u32)> {
    let mut found = None;
    let mut at = from;
    for (index, byte) in text.iter().enumerate() {
        let Some((next, _)) = child(nodes, at, u32::from(*byte) + 1) else { break };
        at = next;
        if let Some((_, end)) = child(nodes, at, 0) {
            found = Some((index + 1, end.base));
        }
    }
    found
}

fn child(nodes: &[Node], of: u32, code: u32) -> Option<(u32, &Node)> {
    if of == ABSENT {
        return None;
    }
    let at = nodes.get(of as usize)?.base.checked_add(code)?;
    nodes.get(at as usize).filter(|node| node.parent == of).map(|node| (at, node))
}
