//! What an ONNX file holds, as far as mlship needs it.
//!
//! Field names follow `onnx.proto` (ONNX IR version 10, <https://onnx.ai/onnx/repo-docs/IR.html>).

/// A whole file. Weights are not copied: they are ranges of the file's bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// `ir_version`.
    pub ir_version: i64,
    /// `opset_import`: domain (empty for ai.onnx) and version.
    pub opsets: Vec<(String, i64)>,
    /// `producer_name`.
    pub producer: String,
    /// `metadata_props`.
    pub metadata: Vec<(String, String)>,
    /// `graph`.
    pub graph: Graph,
}

/// A graph, or the body of a control-flow operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    /// Its name.
    pub name: String,
    /// The operators, in the order of the file.
    pub nodes: Vec<Node>,
    /// The constants.
    pub initializers: Vec<Tensor>,
    /// What goes in; initializers are left out.
    pub inputs: Vec<ValueInfo>,
    /// What comes out.
    pub outputs: Vec<ValueInfo>,
}

/// One operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// Its name; may be empty.
    pub name: String,
    /// `Gemm`, `TreeEnsembleClassifier`, ….
    pub op_type: String,
    /// Empty for ai.onnx.
    pub domain: String,
    /// Names of the values it takes; empty for one left out.
    pub inputs: Vec<String>,
    /// Names of the values it gives; empty for one left out.
    pub outputs: Vec<String>,
    /// Its settings.
    pub attributes: Vec<(String, Attribute)>,
}

/// A setting of an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// `f`.
    Float(f32),
    /// `i`.
    Int(i64),
    /// `s`.
    String(Vec<u8>),
    /// `t`.
    Tensor(Tensor),
    /// `g`.
    Graph(Graph),
    /// `floats`.
    Floats(Vec<f32>),
    /// `ints`.
    Ints(Vec<i64>),
    /// `strings`.
    Strings(Vec<Vec<u8>>),
    /// A kind that mlship does not read.
    Other,
}

/// A constant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tensor {
    /// Its name; may be empty.
    pub name: String,
    /// Its dimensions.
    pub dims: Vec<i64>,
    /// `data_type`, a number of `TensorProto.DataType`.
    pub data_type: i32,
    /// Its elements.
    pub data: TensorData,
}

/// Where a constant's elements are.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// `raw_data`: bytes of the file, from and up to.
    Raw(std::ops::Range<usize>),
    /// `float_data`.
    Floats(Vec<f32>),
    /// `double_data`.
    Doubles(Vec<f64>),
    /// `int32_data`, `int64_data` or `uint64_data`.
    Ints(Vec<i64>),
    /// `string_data`.
    Strings(Vec<Vec<u8>>),
    /// In another file: `external_data`.
    External {
        /// Its path, relative to the model file.
        location: String,
        /// Where in it, in bytes.
        offset: u64,
        /// How many bytes; to the end when `None`.
        length: Option<u64>,
    },
}

impl Default for TensorData {
    fn default() -> Self {
        TensorData::Raw(0..0)
    }
}

/// A value that goes in or comes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueInfo {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ValueKind,
}

/// The type of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ValueKind {
    /// A tensor.
    Tensor {
        /// A number of `TensorProto.DataType`.
        data_type: i32,
        /// Its dimensions.
        shape: Vec<Dimension>,
    },
    /// `seq(map(key, float))`, which ZipMap gives.
    Maps,
    /// Anything else, or not said.
    #[default]
    Other,
}

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// So long.
    Fixed(u64),
    /// A symbol, such as `batch`; empty when it has no name.
    Any(String),
}
