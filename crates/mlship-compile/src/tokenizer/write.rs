//! A plan to the bytes of the table.

use bytemuck::{Pod, bytes_of, cast_slice};
use mlship_bundle::program::Span;
use mlship_bundle::vocabulary::{
    ABSENT, ALIGN, Added, BYTE_ORDER, Header, MAGIC, Node, SECTIONS, STRIPS_LEFT, STRIPS_RIGHT,
    Section, Special, VERSION,
};

use super::characters::characters;
use super::plan::{Plan, Side};
use super::trie;

/// The longest that all words may be together, in bytes.
const MOST_BYTES: usize = 32 << 20;

/// The longest word, in bytes: a text is looked through once more for each byte.
const LONGEST: usize = 1024;

/// The table of `plan`, or what of it has no place there.
pub(super) fn table(plan: &Plan) -> Result<Vec<u8>, String> {
    let mut words: Vec<(&[u8], u32)> =
        plan.words.iter().map(|(word, id)| (word.as_bytes(), *id)).collect();
    words.sort_unstable();
    if words.iter().map(|(word, _)| word.len()).sum::<usize>() > MOST_BYTES {
        return Err(format!("its words are longer than {} MiB", MOST_BYTES >> 20));
    }
    if words.iter().any(|(word, _)| word.len() > LONGEST) {
        return Err(format!("a word is longer than {LONGEST} bytes"));
    }
    let characters = characters(&plan.steps)?;
    let nodes = trie::build(&words)?;
    let around = plan.around.before.iter().chain(&plan.around.behind);
    let specials: Vec<Special> =
        around.map(|(id, type_id)| Special { id: *id, type_id: *type_id }).collect();
    let (added, added_bytes) = added(plan);
    let mut file = File::new(header(plan, &nodes));
    file.section(Section::Nodes, &nodes);
    file.section(Section::Blocks, &characters.blocks);
    file.section(Section::Units, &characters.units);
    file.section(Section::Lists, &characters.lists);
    file.section(Section::Added, &added);
    file.section(Section::AddedBytes, &added_bytes);
    file.section(Section::Specials, &specials);
    Ok(file.finish())
}

fn header(plan: &Plan, nodes: &[Node]) -> Header {
    Header {
        magic: MAGIC,
        version: VERSION,
        byte_order: BYTE_ORDER,
        length: 0,
        continuation: continuation(plan.prefix.as_bytes(), nodes),
        unknown: plan.unknown,
        longest_word: plan.longest_word,
        before: plan.around.before.len() as u32,
        text_type: plan.around.text_type,
        pad: plan.padding.id,
        pad_type: plan.padding.type_id,
        pad_multiple: plan.padding.multiple,
        largest: plan.traits().largest_id,
        pads_before: u32::from(plan.padding.side == Side::Before),
        sections: [Span::default(); SECTIONS],
    }
}

/// The node that stands for what a token that continues a word starts with.
fn continuation(prefix: &[u8], nodes: &[Node]) -> u32 {
    let child = |from: u32, byte: &u8| {
        let at = nodes.get(from as usize)?.base.checked_add(u32::from(*byte) + 1)?;
        nodes.get(at as usize).filter(|node| node.parent == from).map(|_| at)
    };
    prefix.iter().try_fold(0, child).unwrap_or(ABSENT)
}

/// The added tokens, the longest first.
fn added(plan: &Plan) -> (Vec<Added>, Vec<u8>) {
    let mut sorted: Vec<_> = plan.added.iter().collect();
    sorted.sort_by_key(|added| std::cmp::Reverse(added.text.len()));
    let mut bytes = Vec::new();
    let records = sorted.into_iter().map(|added| {
        let offset = bytes.len() as u32;
        bytes.extend_from_slice(added.text.as_bytes());
        let flags = [(added.strips_left, STRIPS_LEFT), (added.strips_right, STRIPS_RIGHT)];
        let flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        Added { offset, length: added.text.len() as u32, id: added.id, flags }
    });
    (records.collect(), bytes)
}

/// A file in the making.
struct File {
    header: Header,
    bytes: Vec<u8>,
}

impl File {
    fn new(header: Header) -> Self {
        Self { header, bytes: vec![0; size_of::<Header>()] }
    }

    fn section<T: Pod>(&mut self, section: Section, records: &[T]) {
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
        let records: &[u8] = cast_slice(records);
        let span = Span { offset: self.bytes.len() as u64, length: records.len() as u64 };
        self.header.sections[section as usize] = span;
        self.bytes.extend_from_slice(records);
    }

    fn finish(mut self) -> Vec<u8> {
        self.header.length = self.bytes.len() as u64;
        self.bytes[..size_of::<Header>()].copy_from_slice(bytes_of(&self.header));
        self.bytes
    }
}
