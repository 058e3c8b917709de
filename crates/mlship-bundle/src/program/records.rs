//! The records of the file.

use bytemuck::{Pod, Zeroable};

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// [`Graph`]s; the first is the model, the others are bodies of control flow.
    Graphs,
    /// [`Op`]s, in the order in which they run.
    Ops,
    /// `u32`: slots, as ranges that [`Op`] and [`Graph`] name.
    Slots,
    /// [`Param`]s, as ranges that [`Op`] names.
    Params,
    /// [`Array`]s.
    Arrays,
    /// `u64`: dimensions, as ranges that [`Array`] names.
    Dimensions,
    /// [`Constant`]s.
    Constants,
    /// [`Text`]s.
    Texts,
    /// UTF-8 bytes, as ranges that [`Text`] names.
    TextBytes,
    /// The elements of the arrays.
    Elements,
}

/// How many kinds of [`Section`] there are.
pub const SECTIONS: usize = 10;

/// The start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    /// [`super::MAGIC`].
    pub magic: [u8; 8],
    /// [`super::VERSION`].
    pub version: u32,
    /// [`super::BYTE_ORDER`].
    pub byte_order: u32,
    /// The length of the file, in bytes.
    pub length: u64,
    /// How many slots a run needs.
    pub slot_count: u32,
    /// Zero.
    pub reserved: u32,
    /// Where each section is, in the order of [`Section`].
    pub sections: [Span; SECTIONS],
}

/// A part of the file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Span {
    /// From the start of the file.
    pub offset: u64,
    /// How long.
    pub length: u64,
}

/// A run of entries of another section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Run {
    /// The first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// A graph: the model, or a body that an operator runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Graph {
    /// Its [`Op`]s.
    pub ops: Run,
    /// The slots that are filled before it runs.
    pub inputs: Run,
    /// The slots that are read after it ran.
    pub outputs: Run,
}

/// One operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Op {
    /// Its name, a [`Text`]: `Gemm`, `ai.onnx.ml.Scaler`.
    pub name: u32,
    /// The version of its operator set.
    pub opset: u32,
    /// The slots it reads; [`super::ABSENT`] for an input left out.
    pub inputs: Run,
    /// The slots it fills; [`super::ABSENT`] for an output left out.
    pub outputs: Run,
    /// Its [`Param`]s.
    pub params: Run,
}

/// A setting of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Param {
    /// Its name, a [`Text`].
    pub name: u32,
    /// What it is: one of [`ParamKind`].
    pub kind: u32,
    /// The integer, the bits of the 32-bit float, or the index of the text, array or graph.
    pub value: u64,
}

/// What [`Param::value`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ParamKind {
    /// A 64-bit integer.
    Int = 1,
    /// The bits of a 32-bit float.
    Float = 2,
    /// A [`Text`].
    Text = 3,
    /// An [`Array`].
    Array = 4,
    /// A [`Graph`]; its index is above that of the graph the operator is in.
    Graph = 5,
}

/// An array with a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Array {
    /// Where in [`Section::Elements`], in bytes.
    pub offset: u64,
    /// How many elements.
    pub count: u64,
    /// Its entries of [`Section::Dimensions`].
    pub dimensions: Run,
    /// What an element is: one of [`ElementKind`].
    pub element: u32,
    /// Zero.
    pub reserved: u32,
}

/// What [`Array::element`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ElementKind {
    /// `f32`.
    F32 = 1,
    /// `f64`.
    F64 = 2,
    /// `i32`.
    I32 = 3,
    /// `i64`.
    I64 = 4,
    /// One byte, zero for false.
    Bool = 5,
    /// `u32`, the index of a [`Text`].
    Text = 6,
    /// [`super::TreeNode`].
    TreeNode = 7,
    /// `u32`.
    U32 = 8,
}

/// A slot that is filled before anything runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Constant {
    /// The slot.
    pub slot: u32,
    /// The [`Array`].
    pub array: u32,
}

/// A piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Text {
    /// Where in [`Section::TextBytes`].
    pub offset: u32,
    /// How many bytes.
    pub length: u32,
}
