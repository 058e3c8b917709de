//! Words to a double-array trie.

use mlship_bundle::vocabulary::{ABSENT, Node};

/// How many places are looked at before the children of a node go to the end.
const LOOKS: usize = 1024;

/// The most nodes.
const MOST: usize = 1 << 27;

/// The code of a word's end; a byte's is one more than the byte.
const END: usize = 0;

/// A run of sorted words that start alike, and the node that stands for the start.
struct Branch {
    node: usize,
    from: usize,
    to: usize,
    depth: usize,
}

struct Builder {
    nodes: Vec<Node>,
    /// Places before it are taken, or were given up.
    next: usize,
}

/// Builds the trie of `words`, which are sorted by their bytes and differ.
pub(super) fn build(words: &[(&[u8], u32)]) -> Result<Vec<Node>, String> {
    let mut builder = Builder { nodes: vec![Node { base: 0, parent: ABSENT }], next: 1 };
    let mut branches = vec![Branch { node: 0, from: 0, to: words.len(), depth: 0 }];
    let mut children = Vec::new();
    while let Some(branch) = branches.pop() {
        split(words, &branch, &mut children);
        let Some((first, _)) = children.first() else { continue };
        let base = builder.place(*first, &children)?;
        builder.nodes[branch.node].base = base as u32;
        for (index, (code, from)) in children.iter().enumerate() {
            let node = base + code;
            builder.nodes[node].parent = branch.node as u32;
            if *code == END {
                builder.nodes[node].base = words[*from].1;
                continue;
            }
            let to = children.get(index + 1).map_or(branch.to, |(_, next)| *next);
            branches.push(Branch { node, from: *from, to, depth: branch.depth + 1 });
        }
    }
    Ok(builder.nodes)
}

/// The codes that follow in a branch, each with the first of its words.
fn split(words: &[(&[u8], u32)], branch: &Branch, onto: &mut Vec<(usize, usize)>) {
    onto.clear();
    for (index, (word, _)) in words[branch.from..branch.to].iter().enumerate() {
        let code = word.get(branch.depth).map_or(END, |byte| usize::from(*byte) + 1);
        if onto.last().is_none_or(|(last, _)| *last != code) {
            onto.push((code, branch.from + index));
        }
    }
}

impl Builder {
    /// A base at which all the codes are free; makes room for them. Marks none.
    fn place(&mut self, first: usize, children: &[(usize, usize)]) -> Result<usize, String> {
        while self.is_taken(self.next) {
            self.next += 1;
        }
        let start = self.next.max(first + 1);
        let fits = |at: usize| {
            let base = at - first;
            children.iter().all(|(code, _)| !self.is_taken(base + code))
        };
        let found = (start..start + LOOKS).find(|at| fits(*at));
        let at = match found {
            Some(at) => at,
            None => {
                self.next += LOOKS / 8;
                self.nodes.len().max(first + 1)
            }
        };
        let base = at - first;
        let last = children.last().map_or(first, |(code, _)| *code);
        let length = base + last + 1;
        if length > MOST {
            return Err("the vocabulary is too large".into());
        }
        if length > self.nodes.len() {
            self.nodes.resize(length, Node { base: 0, parent: ABSENT });
        }
        Ok(base)
    }

    fn is_taken(&self, at: usize) -> bool {
        at == 0 || self.nodes.get(at).is_some_and(|node| node.parent != ABSENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(nodes: &[Node], word: &[u8]) -> Option<u32> {
        let child = |from: usize, code: usize| {
            let at = nodes[from].base as usize + code;
            nodes.get(at).filter(|node| node.parent as usize == from).map(|_| at)
        };
        let mut at = 0;
        for byte in word {
            at = child(at, usize::from(*byte) + 1)?;
        }
        child(at, END).map(|end| nodes[end].base)
    }

    #[test]
    fn finds_each_word_and_no_other() {
        let mut words: Vec<Vec<u8>> = (0..20_000_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761)).to_be_bytes().to_vec())
            .collect();
        words.extend([vec![], vec![0], vec![0, 0], vec![255; 300], b"##a".to_vec()]);
        words.sort();
        words.dedup();
        let sorted: Vec<_> = words.iter().map(Vec::as_slice).zip(7..).collect();
        let nodes = build(&sorted).unwrap();
        for (word, id) in &sorted {
            assert_eq!(find(&nodes, word), Some(*id));
        }
        for word in [&b"##"[..], b"##ab", &[255; 299], &[0, 0, 0]] {
            assert_eq!(find(&nodes, word), None);
        }
    }

    #[test]
    fn an_empty_vocabulary_has_no_words() {
        let nodes = build(&[]).unwrap();
        assert_eq!(find(&nodes, b""), None);
        assert_eq!(find(&nodes, b"a"), None);
    }
}
