//! A program's sections, looked at where they lie and bounds-checked at every look.

use bytemuck::Pod;
use mlship_bundle::program::{
    Array, BYTE_ORDER, ElementKind, Graph, Header, MAGIC, Op, Param, Run, Section, Text, TreeNode,
    VERSION,
};

use super::shape::Shape;
use super::{Outcome, Storage, fail};
use crate::engine::EngineError;

/// A program.
pub(super) struct File {
    storage: Box<dyn Storage>,
    header: Header,
}

impl File {
    pub(super) fn new(storage: Box<dyn Storage>) -> Outcome<Self> {
        let bytes = storage.bytes();
        let Some(start) = bytes.get(..size_of::<Header>()) else {
            return fail("the program is too short");
        };
        let header: Header = bytemuck::pod_read_unaligned(start);
        if header.magic != MAGIC {
            return fail("the file is not a program");
        }
        if header.byte_order != BYTE_ORDER {
            return fail("the program is of another byte order");
        }
        if header.version != VERSION {
            return fail(format!("the program is of version {}", header.version));
        }
        if header.length != bytes.len() as u64 {
            return fail("the program is cut short");
        }
        Ok(Self { header, storage })
    }

    /// In bytes.
    pub(super) fn length(&self) -> usize {
        self.storage.bytes().len()
    }

    pub(super) fn slot_count(&self) -> usize {
        self.header.slot_count as usize
    }

    pub(super) fn graphs(&self) -> Outcome<&[Graph]> {
        self.section(Section::Graphs)
    }

    pub(super) fn ops(&self, run: Run) -> Outcome<&[Op]> {
        part(self.section(Section::Ops)?, run)
    }

    pub(super) fn slots(&self, run: Run) -> Outcome<&[u32]> {
        part(self.section(Section::Slots)?, run)
    }

    pub(super) fn params(&self, run: Run) -> Outcome<&[Param]> {
        part(self.section(Section::Params)?, run)
    }

    pub(super) fn constants(&self) -> Outcome<&[mlship_bundle::program::Constant]> {
        self.section(Section::Constants)
    }

    pub(super) fn text(&self, index: u32) -> Outcome<&str> {
        let texts: &[Text] = self.section(Section::Texts)?;
        let Some(text) = texts.get(index as usize) else {
            return fail("the program refers to text that is not there");
        };
        let bytes: &[u8] = self.section(Section::TextBytes)?;
        let start = text.offset as usize;
        let bytes = bytes.get(start..start.saturating_add(text.length as usize));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| EngineError("text of the program is damaged".into()))
    }

    pub(super) fn array(&self, index: u32) -> Outcome<&Array> {
        let arrays: &[Array] = self.section(Section::Arrays)?;
        arrays
            .get(index as usize)
            .ok_or_else(|| EngineError("the program refers to an array that is not there".into()))
    }

    pub(super) fn dimensions(&self, array: &Array) -> Outcome<Shape> {
        let dims = part(self.section::<u64>(Section::Dimensions)?, array.dimensions)?;
        Ok(dims.iter().map(|length| usize::try_from(*length).unwrap_or(usize::MAX)).collect())
    }

    pub(super) fn f32s(&self, index: u32) -> Outcome<&[f32]> {
        self.elements(index, ElementKind::F32)
    }

    pub(super) fn f64s(&self, index: u32) -> Outcome<&[f64]> {
        self.elements(index, ElementKind::F64)
    }

    pub(super) fn i32s(&self, index: u32) -> Outcome<&[i32]> {
        self.elements(index, ElementKind::I32)
    }

    pub(super) fn i64s(&self, index: u32) -> Outcome<&[i64]> {
        self.elements(index, ElementKind::I64)
    }

    pub(super) fn u32s(&self, index: u32) -> Outcome<&[u32]> {
        self.elements(index, ElementKind::U32)
    }

    pub(super) fn bools(&self, index: u32) -> Outcome<&[u8]> {
        self.elements(index, ElementKind::Bool)
    }

    pub(super) fn tree_nodes(&self, index: u32) -> Outcome<&[TreeNode]> {
        self.elements(index, ElementKind::TreeNode)
    }

    pub(super) fn texts(&self, index: u32) -> Outcome<Vec<&str>> {
        let indexes: &[u32] = self.elements(index, ElementKind::Text)?;
        indexes.iter().map(|index| self.text(*index)).collect()
    }

    fn elements<T: Pod>(&self, index: u32, kind: ElementKind) -> Outcome<&[T]> {
        let array = self.array(index)?;
        if array.element != kind as u32 {
            return fail(format!("an array of the program is not of {kind:?}"));
        }
        let bytes: &[u8] = self.section(Section::Elements)?;
        let start = usize::try_from(array.offset).unwrap_or(usize::MAX);
        let count = usize::try_from(array.count).unwrap_or(usize::MAX);
        let end = count.checked_mul(size_of::<T>()).and_then(|length| start.checked_add(length));
        let bytes = end.and_then(|end| bytes.get(start..end));
        cast(bytes)
    }

    fn section<T: Pod>(&self, section: Section) -> Outcome<&[T]> {
        let span = self.header.sections[section as usize];
        let start = usize::try_from(span.offset).unwrap_or(usize::MAX);
        let end = start.checked_add(usize::try_from(span.length).unwrap_or(usize::MAX));
        cast(end.and_then(|end| self.storage.bytes().get(start..end)))
    }
}

fn cast<T: Pod>(bytes: Option<&[u8]>) -> Outcome<&[T]> {
    let Some(bytes) = bytes else {
        return fail("the program refers outside itself");
    };
    if bytes.is_empty() {
        return Ok(&[]);
    }
    bytemuck::try_cast_slice(bytes)
        .map_err(|_| EngineError("a part of the program is not aligned".into()))
}

fn part<T>(all: &[T], run: Run) -> Outcome<&[T]> {
    let start = run.first as usize;
    all.get(start..start.saturating_add(run.count as usize))
        .ok_or_else(|| EngineError("the program refers outside itself".into()))
}
