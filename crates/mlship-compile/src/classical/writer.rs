//! Puts records into sections and sections into a file.

use std::collections::HashMap;

use bytemuck::{Pod, bytes_of, cast_slice};
use mlship_bundle::program::{
    ALIGN, Array, BYTE_ORDER, Constant, ElementKind, Graph, Header, MAGIC, Op, Param, Run,
    SECTIONS, Span, Text, TreeNode, VERSION,
};

use super::CompileError;

/// The elements of an array.
pub(super) enum Elements {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Bool(Vec<u8>),
    Text(Vec<String>),
    Nodes(Vec<TreeNode>),
    U32(Vec<u32>),
}

/// A file in the making.
#[derive(Default)]
pub(super) struct Writer {
    graphs: Vec<Graph>,
    ops: Vec<Op>,
    slots: Vec<u32>,
    params: Vec<Param>,
    arrays: Vec<Array>,
    dimensions: Vec<u64>,
    constants: Vec<Constant>,
    texts: Vec<Text>,
    text_bytes: Vec<u8>,
    elements: Vec<u8>,
    interned: HashMap<String, u32>,
    slot_count: u32,
}

impl Writer {
    /// A slot that nothing else has.
    pub(super) fn slot(&mut self) -> u32 {
        self.slot_count += 1;
        self.slot_count - 1
    }

    /// The index of a piece of text.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        if let Some(index) = self.interned.get(text) {
            return *index;
        }
        let index = self.texts.len() as u32;
        let offset = self.text_bytes.len() as u32;
        self.text_bytes.extend_from_slice(text.as_bytes());
        self.texts.push(Text { offset, length: text.len() as u32 });
        self.interned.insert(text.to_owned(), index);
        index
    }

    /// The index of a new array.
    pub(super) fn array(&mut self, dimensions: &[usize], elements: Elements) -> u32 {
        let (kind, count, bytes) = match elements {
            Elements::F32(values) => (ElementKind::F32, values.len(), cast_slice(&values).to_vec()),
            Elements::F64(values) => (ElementKind::F64, values.len(), cast_slice(&values).to_vec()),
            Elements::I32(values) => (ElementKind::I32, values.len(), cast_slice(&values).to_vec()),
            Elements::I64(values) => (ElementKind::I64, values.len(), cast_slice(&values).to_vec()),
            Elements::Bool(values) => (ElementKind::Bool, values.len(), values),
            Elements::U32(values) => (ElementKind::U32, values.len(), cast_slice(&values).to_vec()),
            Elements::Nodes(values) => {
                (ElementKind::TreeNode, values.len(), cast_slice(&values).to_vec())
            }
            Elements::Text(values) => {
                let indexes: Vec<u32> = values.iter().map(|text| self.text(text)).collect();
                (ElementKind::Text, values.len(), cast_slice(&indexes).to_vec())
            }
        };
        align(&mut self.elements);
        let first = self.dimensions.len() as u32;
        self.dimensions.extend(dimensions.iter().map(|length| *length as u64));
        self.arrays.push(Array {
            offset: self.elements.len() as u64,
            count: count as u64,
            dimensions: Run { first, count: dimensions.len() as u32 },
            element: kind as u32,
            reserved: 0,
        });
        self.elements.extend_from_slice(&bytes);
        self.arrays.len() as u32 - 1
    }

    /// Fills a slot before anything runs.
    pub(super) fn constant(&mut self, slot: u32, array: u32) {
        self.constants.push(Constant { slot, array });
    }

    /// Reserves the index of a graph.
    pub(super) fn reserve_graph(&mut self) -> u32 {
        self.graphs.push(Graph::default());
        self.graphs.len() as u32 - 1
    }

    /// Fills in a graph.
    pub(super) fn graph(&mut self, index: u32, ops: &[Op], inputs: &[u32], outputs: &[u32]) {
        let first = self.ops.len() as u32;
        self.ops.extend_from_slice(ops);
        let graph = Graph {
            ops: Run { first, count: ops.len() as u32 },
            inputs: self.slots(inputs),
            outputs: self.slots(outputs),
        };
        if let Some(reserved) = self.graphs.get_mut(index as usize) {
            *reserved = graph;
        }
    }

    /// A range of slots.
    pub(super) fn slots(&mut self, slots: &[u32]) -> Run {
        let first = self.slots.len() as u32;
        self.slots.extend_from_slice(slots);
        Run { first, count: slots.len() as u32 }
    }

    /// A range of settings.
    pub(super) fn params(&mut self, params: &[Param]) -> Run {
        let first = self.params.len() as u32;
        self.params.extend_from_slice(params);
        Run { first, count: params.len() as u32 }
    }

    /// The file.
    pub(super) fn finish(self) -> Result<Vec<u8>, CompileError> {
        for (what, length) in [
            ("values", self.slots.len().max(self.slot_count as usize)),
            ("settings", self.params.len().max(self.arrays.len())),
            ("bytes of text", self.text_bytes.len()),
        ] {
            if length >= u32::MAX as usize {
                return Err(CompileError::TooLarge(what));
            }
        }
        let sections: [&[u8]; SECTIONS] = [
            cast_slice(&self.graphs),
            cast_slice(&self.ops),
            cast_slice(&self.slots),
            cast_slice(&self.params),
            cast_slice(&self.arrays),
            cast_slice(&self.dimensions),
            cast_slice(&self.constants),
            cast_slice(&self.texts),
            &self.text_bytes,
            &self.elements,
        ];
        Ok(laid_out(&sections, self.slot_count))
    }
}

fn laid_out(sections: &[&[u8]; SECTIONS], slot_count: u32) -> Vec<u8> {
    let mut header = Header {
        magic: MAGIC,
        version: VERSION,
        byte_order: BYTE_ORDER,
        length: 0,
        slot_count,
        reserved: 0,
        sections: [Span::default(); SECTIONS],
    };
    let total: usize = sections.iter().map(|section| section.len() + ALIGN).sum();
    let mut file = Vec::with_capacity(total + size_of::<Header>() + ALIGN);
    file.extend_from_slice(bytes_of(&header));
    for (span, section) in header.sections.iter_mut().zip(sections) {
        align(&mut file);
        *span = Span { offset: file.len() as u64, length: section.len() as u64 };
        file.extend_from_slice(section);
    }
    header.length = file.len() as u64;
    overwrite(&mut file, &header);
    file
}

fn overwrite<T: Pod>(file: &mut [u8], header: &T) {
    let bytes = bytes_of(header);
    if let Some(start) = file.get_mut(..bytes.len()) {
        start.copy_from_slice(bytes);
    }
}

fn align(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
}
