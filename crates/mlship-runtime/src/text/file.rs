//! A compiled tokenizer's sections, looked at where they lie and bounds-checked at every look.

use bytemuck::Pod;
use mlship_bundle::vocabulary::{
    Added, BLOCK, BYTE_ORDER, Header, MAGIC, Node, Section, Special, VERSION, unit,
};

use crate::engine::EngineError;

/// What holds the file's bytes.
pub trait Storage: Send + Sync {
    /// The whole file; the same at every call, its start at a multiple of 8.
    fn bytes(&self) -> &[u8];
}

impl Storage for memmap2::Mmap {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Storage for crate::classical::Aligned {
    fn bytes(&self) -> &[u8] {
        crate::classical::Storage::bytes(self)
    }
}

/// The sections.
#[derive(Clone, Copy)]
pub(super) struct View<'f> {
    pub(super) header: &'f Header,
    pub(super) nodes: &'f [Node],
    blocks: &'f [u32],
    units: &'f [u32],
    lists: &'f [u32],
    pub(super) added: &'f [Added],
    pub(super) added_bytes: &'f [u8],
    pub(super) specials: &'f [Special],
}

impl<'f> View<'f> {
    pub(super) fn new(bytes: &'f [u8]) -> Result<Self, EngineError> {
        let start = bytes.get(..size_of::<Header>());
        let header: Option<&Header> = start.and_then(|start| bytemuck::try_from_bytes(start).ok());
        let Some(header) = header else { return fail("the tokenizer is too short") };
        if header.magic != MAGIC {
            return fail("the file is not a compiled tokenizer");
        }
        if header.byte_order != BYTE_ORDER {
            return fail("the tokenizer is of another byte order");
        }
        if header.version != VERSION {
            return fail(format!("the tokenizer is of version {}", header.version));
        }
        if header.length != bytes.len() as u64 {
            return fail("the tokenizer is cut short");
        }
        let file = (header, bytes);
        Ok(Self {
            header,
            nodes: section(file, Section::Nodes)?,
            blocks: section(file, Section::Blocks)?,
            units: section(file, Section::Units)?,
            lists: section(file, Section::Lists)?,
            added: section(file, Section::Added)?,
            added_bytes: section(file, Section::AddedBytes)?,
            specials: section(file, Section::Specials)?,
        })
    }

    /// What a character becomes.
    pub(super) fn unit(&self, character: char) -> Option<u32> {
        let code = character as usize;
        let block = *self.blocks.get(code / BLOCK)? as usize;
        self.units.get(block.checked_mul(BLOCK)?.checked_add(code % BLOCK)?).copied()
    }

    /// The units that a list names.
    pub(super) fn list(&self, list: u32) -> Option<&'f [u32]> {
        let offset = ((list & !unit::LIST) >> 8) as usize;
        self.lists.get(offset..offset + (list & 0xff) as usize)
    }
}

fn section<'f, T: Pod>(
    (header, bytes): (&Header, &'f [u8]),
    section: Section,
) -> Result<&'f [T], EngineError> {
    let span = header.sections[section as usize];
    let start = usize::try_from(span.offset).unwrap_or(usize::MAX);
    let end = start.checked_add(usize::try_from(span.length).unwrap_or(usize::MAX));
    match end.and_then(|end| bytes.get(start..end)) {
        None => fail("the tokenizer refers outside itself"),
        Some([]) => Ok(&[]),
        Some(part) => bytemuck::try_cast_slice(part)
            .map_err(|_| EngineError("a part of the tokenizer is not aligned".into())),
    }
}

pub(super) fn fail<T>(problem: impl Into<String>) -> Result<T, EngineError> {
    Err(EngineError(problem.into()))
}

/// The error for what no intact table says.
pub(super) fn damaged() -> EngineError {
    EngineError("the tokenizer is damaged".into())
}
