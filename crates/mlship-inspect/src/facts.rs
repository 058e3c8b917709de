//! What `inspect` finds out about a model file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::signature::Signature;

/// Everything known about a model file. Only the parts that its format has are there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// The file or folder.
    pub path: PathBuf,
    /// What it is, by its content.
    pub format: Format,
    /// What it is, in words: `PyTorch checkpoint: a whole module`.
    pub summary: String,
    /// Bytes of the file, or of all files of a folder.
    pub bytes: u64,
    /// Of an ONNX file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onnx: Option<OnnxFacts>,
    /// Of anything with a pickle in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickle: Option<PickleFacts>,
    /// Of files of named tensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tensors: Option<TensorFacts>,
    /// Of an xgboost or lightgbm model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booster: Option<BoosterFacts>,
    /// What an archive or a folder holds, model files first; at most 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Held>,
    /// The first bytes, in hex and as text, of a file that nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_bytes: Option<String>,
    /// What the reader should know before using the file; one phrase each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What to do with it, to read or to paste; one step each, which may have several lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// ONNX.
    Onnx,
    /// onnxruntime's own form of ONNX (`.ort`).
    Ort,
    /// safetensors.
    Safetensors,
    /// `torch.save`, zip or legacy.
    Torch,
    /// TorchScript: `torch.jit.save`.
    TorchScript,
    /// `learn.export` of fastai.
    Fastai,
    /// A pickle with joblib's arrays in it, or a compressed one.
    Joblib,
    /// Any other pickle.
    Pickle,
    /// skops: scikit-learn without pickle.
    Skops,
    /// xgboost, as JSON.
    XgboostJson,
    /// xgboost, as UBJSON.
    XgboostUbjson,
    /// xgboost, as its old binary form.
    XgboostBinary,
    /// lightgbm, as text.
    Lightgbm,
    /// catboost (`.cbm`).
    Catboost,
    /// Keras 3 (`.keras`).
    Keras,
    /// HDF5, which Keras 2 wrote.
    Hdf5,
    /// TensorFlow Lite.
    Tflite,
    /// A TensorFlow SavedModel folder.
    SavedModel,
    /// A CoreML package folder.
    Coreml,
    /// A folder as Hugging Face transformers writes it.
    HuggingFace,
    /// GGUF (llama.cpp).
    Gguf,
    /// PMML.
    Pmml,
    /// numpy arrays (`.npy`, `.npz`).
    Numpy,
    /// A zip, gzip or tar archive.
    Archive,
    /// Any other folder.
    Folder,
    /// Compressed by a method that mlship does not read.
    Compressed,
    /// A pointer of Git LFS instead of the file.
    GitLfsPointer,
    /// Nothing at all.
    Empty,
    /// None of these.
    Unknown,
}

/// Of an ONNX file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OnnxFacts {
    /// `ir_version`.
    pub ir_version: i64,
    /// The operator sets it is written for.
    pub opsets: Vec<Opset>,
    /// Who wrote it; may be empty.
    pub producer: String,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// The operators, subgraphs included, the most frequent first.
    pub operators: Vec<Operator>,
    /// Graphs inside operators.
    pub subgraphs: u64,
    /// Elements of all constants.
    pub parameters: u64,
    /// Nodes of all decision trees.
    pub tree_nodes: u64,
    /// `metadata_props`; long values are cut.
    pub metadata: BTreeMap<String, String>,
    /// The files that hold constants outside of the model file.
    pub external_files: Vec<ExternalFile>,
    /// What a request and an answer look like.
    pub signature: Signature,
}

/// An operator set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Opset {
    /// `ai.onnx`, `ai.onnx.ml`, ….
    pub domain: String,
    /// Its version.
    pub version: i64,
}

/// A value that goes in or comes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The element type as numpy calls it, `maps` for a list of label-to-score maps, `other`.
    pub dtype: String,
    /// Its dimensions: a number, a symbol, or `?`; `None` when it is no tensor.
    pub shape: Option<Vec<String>>,
}

/// An operator and how often it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Operator {
    /// `ai.onnx`, `ai.onnx.ml`, ….
    pub domain: String,
    /// `Gemm`, ….
    pub name: String,
    /// How often.
    pub count: u64,
}

/// A file that holds constants of an ONNX model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExternalFile {
    /// Its path, relative to the model file.
    pub location: String,
    /// Bytes that the model needs of it, from its start.
    pub needed_bytes: u64,
    /// Its length; `None` when it is not there.
    pub bytes: Option<u64>,
}

/// Of anything with a pickle in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PickleFacts {
    /// The highest pickle protocol used.
    pub protocol: u8,
    /// `zlib` or `gzip`, when compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<&'static str>,
    /// The class of the outermost object: `sklearn.pipeline.Pipeline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Classes and functions that objects are made with, in the order of the file.
    pub objects: Vec<String>,
    /// Every name that loading imports, in the order of the file.
    pub globals: Vec<String>,
    /// The packages that loading needs.
    pub packages: Vec<String>,
    /// Versions written inside: `scikit-learn`, `1.5.2`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// Imports that run code, or touch files or the network.
    pub suspicious: Vec<String>,
    /// Whether all that loading would import is known: the file is whole, and every name could be
    /// followed.
    #[serde(skip)]
    pub is_followed: bool,
}

/// Of files of named tensors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TensorFacts {
    /// How many tensors; `None` when not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Elements of all tensors.
    pub parameters: u64,
    /// Elements by element type.
    pub dtypes: BTreeMap<String, u64>,
    /// The first tensors; at most 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Port>,
    /// What the file says of itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Of an xgboost or lightgbm model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BoosterFacts {
    /// The version that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it was trained for: `binary:logistic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// How many features go in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<u64>,
    /// Their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feature_names: Vec<String>,
    /// How many classes; 0 or 1 for two classes and for numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<u64>,
    /// How many trees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trees: Option<u64>,
}

/// A file inside an archive or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Held {
    /// Its path inside.
    pub name: String,
    /// Its length, unpacked; `None` when not known without unpacking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What its first bytes say it is.
    pub format: Format,
}

impl Facts {
    /// Facts with nothing in them but what every file has.
    pub(crate) fn new(path: &Path, format: Format, summary: impl Into<String>, bytes: u64) -> Self {
        Self {
            path: path.to_owned(),
            format,
            summary: summary.into(),
            bytes,
            onnx: None,
            pickle: None,
            tensors: None,
            booster: None,
            holds: Vec::new(),
            first_bytes: None,
            warnings: Vec::new(),
            advice: Vec::new(),
        }
    }
}
