//! `bundle.json`.

use serde::{Deserialize, Serialize};

use crate::{Packed, Worker};

/// What a bundle holds and how it is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bundle {
    /// [`crate::FORMAT`].
    pub format: u32,
    /// The service's name.
    pub name: String,
    /// The model and what runs it.
    pub model: Model,
    /// Request to tensors.
    pub input: Input,
    /// Forms of a request that are taken beside those that every runtime takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<Format>,
    /// Tensors to answer.
    pub output: Output,
    /// Requests that must be answered, as paths in the bundle.
    pub samples: Vec<Sample>,
    /// Bounds on what is taken in.
    pub bounds: Bounds,
    /// How hosts serve it.
    #[serde(default)]
    pub serving: Serving,
    /// The user's own code, where [`EngineKind::Python`] runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Worker>,
}

/// The model's files, as paths in the bundle, and its signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// What runs it.
    pub engine: EngineKind,
    /// The flat program (classical), the ONNX graph (neural), or the file that a handler reads
    /// (python).
    pub path: String,
    /// The weights, when they stand apart from the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// The weights with 16-bit floats in them ([`crate::half`]), from which [`Model::weights`] are
    /// made at start. That file is in the bundle when this one is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_weights: Option<String>,
    /// Files that are not in the bundle and are fetched at start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetched: Vec<Fetched>,
    /// SHA-256 of the trained model's own file, in hex.
    pub source_sha256: String,
    /// What the model takes.
    pub inputs: Vec<Port>,
    /// What the model gives.
    pub outputs: Vec<Port>,
}

/// A file that is fetched at start, checked, and kept in the scratch folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fetched {
    /// Where the bundle's other files look for it: [`Model::path`] or [`Model::weights`].
    pub path: String,
    /// Where it is, when the bundle says so: `https://…` or `gs://…`. Else it is at
    /// [`crate::MODEL_STORE`]`/<sha256>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// SHA-256, in hex.
    pub sha256: String,
    /// How long it is, in bytes.
    pub bytes: u64,
}

/// What runs a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// Our own, for scikit-learn, xgboost and lightgbm models.
    Classical,
    /// rten, for neural networks.
    Neural,
    /// ONNX Runtime, for all that ONNX has; its library lies beside the runtime.
    #[serde(rename = "onnxruntime")]
    OnnxRuntime,
    /// The user's own code, in a Python process beside the runtime: [`Bundle::worker`] says which.
    Python,
}

/// A tensor that goes in or comes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Port {
    /// Its name in the model.
    pub name: String,
    /// What its elements are.
    pub element: Element,
    /// Its dimensions; `None` is any length.
    pub shape: Vec<Option<usize>>,
}

/// What a tensor's elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// Boolean.
    Bool,
    /// UTF-8 text.
    String,
}

/// How a request becomes tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// Rows of named columns: for each input those that fill it, in the manifest's order.
    Table(Vec<Packed>),
    /// Text, tokenized.
    Text(Text),
    /// Pictures, decoded and resized.
    Image(Image),
    /// The model's own tensors, by name.
    Tensor,
    /// Whatever the user's own code takes.
    Any,
}

/// How a picture becomes the model's one input, 32-bit floats of four dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Image {
    /// The key in a JSON request.
    pub field: String,
    /// The model's input that takes it.
    pub input: String,
    /// In which order the input has its dimensions.
    pub layout: Layout,
    /// Which channels it takes, in which order.
    pub channels: Channels,
    /// To what size a picture is brought first; it keeps its own when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize: Option<Resize>,
    /// How it is resized.
    #[serde(default)]
    pub filter: Filter,
    /// What is cut out of its middle then; all of it when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop: Option<Size>,
    /// What a channel's value, 0 to 255, is divided by.
    pub scale: f32,
    /// What is taken from it then, a channel, in the order of the channels; 0 when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// What it is divided by last, a channel; 1 when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f32>,
    /// The hosts that pictures may be fetched from, when a request gives an address: a name for
    /// `https`, or `127.0.0.1:port` for `http` on this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The most pixels of one picture.
    #[serde(default = "most_pixels")]
    pub most_pixels: u64,
}

/// 50 megapixels: more than cameras and phones make.
pub const MOST_PIXELS: u64 = 50_000_000;

fn most_pixels() -> u64 {
    MOST_PIXELS
}

/// In which order an input of pictures has its dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `[pictures, channels, height, width]`.
    Nchw,
    /// `[pictures, height, width, channels]`.
    Nhwc,
}

/// Which channels a picture has, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Brightness alone.
    Gray,
}

impl Channels {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Channels::Rgb | Channels::Bgr => 3,
            Channels::Gray => 1,
        }
    }
}

/// To what size a picture is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// The shorter edge gets so many pixels, and the longer one what keeps its form.
    Shorter(u32),
    /// Both edges get so many, whatever its form was.
    To(Size),
}

/// Edges, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Size {
    /// How wide.
    pub width: u32,
    /// How high.
    pub height: u32,
}

/// How a picture is resized, with what is left out averaged (antialias).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Straight lines between pixels.
    #[default]
    Bilinear,
    /// Cubic curves, with a parameter of -0.5.
    Bicubic,
}

/// A form of a request that only the full runtime reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Arrow IPC, as a stream or a file: of a table.
    Arrow,
}

/// How text becomes the model's inputs, each `[texts, tokens]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Text {
    /// The key in the request.
    pub field: String,
    /// The tokenizer's file, as a path in the bundle.
    pub tokenizer: String,
    /// What the file is.
    pub form: TokenizerForm,
    /// Longer texts are cut to so many tokens, special ones included.
    pub max_tokens: usize,
    /// To what length texts are padded; the longest of the batch when `None`.
    pub padded_to: Option<usize>,
    /// The model's input that takes the token ids.
    pub ids: String,
    /// The one that takes 1 for a token and 0 for padding, when it has one.
    pub mask: Option<String>,
    /// The one that takes the token type ids, when it has one.
    pub types: Option<String>,
}

/// What a tokenizer's file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerForm {
    /// Our own flat table: [`crate::vocabulary`].
    Compiled,
    /// A `tokenizer.json`, read by the `tokenizers` crate.
    Json,
}

/// How tensors become the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// `{<field>: label, "probabilities": {label: score}}`.
    Classify(Classify),
    /// `{<field>: number}`, or a list where the model has several targets.
    Regress(Regress),
    /// `{<field>: [number, …]}`, one vector a text.
    Embed(Embed),
    /// `{output name: nested lists}`.
    Tensor,
    /// Whatever the user's own code gives.
    Any,
}

/// How an embedding is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Embed {
    /// The answer's key for the vector.
    pub field: String,
    /// The output that holds it: `[texts, tokens, width]`, or `[texts, width]` when the model
    /// pools by itself.
    pub output: String,
    /// What makes one vector of one a token.
    pub pooling: Pooling,
    /// True when the vector is scaled to length 1.
    pub unit_length: bool,
}

/// What makes one vector of one a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The mean over the tokens that are no padding.
    Mean,
    /// The first token's.
    First,
}

/// How a classifier's answer is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Classify {
    /// The answer's key for the label.
    pub field: String,
    /// The output that holds the model's own choice, when it has one.
    pub label_output: Option<String>,
    /// The output that holds a score a class, `[rows, classes]`, when it has one.
    pub score_output: Option<String>,
    /// The model's own names of its classes, as text, in the order of the scores.
    pub classes: Vec<String>,
    /// What the answer calls them, in the same order.
    pub labels: Vec<String>,
    /// How many scores the answer names, best first; all when `None`.
    pub top: Option<usize>,
    /// What turns raw scores into probabilities.
    pub activation: Activation,
    /// Where it is said, an example has every label whose score is this or more, and the answer is
    /// `{<field>: [label, …], "probabilities": {label: score}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
}

/// What turns raw scores into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Nothing.
    None,
    /// Softmax over the classes.
    Softmax,
    /// The logarithm of the softmax, which then is what the answer names.
    LogSoftmax,
    /// The logistic function of each.
    Sigmoid,
}

/// How a regressor's answer is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Regress {
    /// The answer's key for the number.
    pub field: String,
    /// The output that holds it.
    pub output: String,
}

/// A request and its answer, as paths in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sample {
    /// The request's JSON.
    pub request: String,
    /// The answer's JSON, when one is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// Bounds on what is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bounds {
    /// The longest body, in bytes.
    pub body_bytes: usize,
    /// The most rows of a table, or elements along a batch.
    pub rows: usize,
    /// The longest a prediction may take, in seconds.
    pub timeout_s: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { body_bytes: 6 * 1024 * 1024, rows: 10_000, timeout_s: 30 }
    }
}

/// How hosts serve a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Serving {
    /// Who is shown the page at `GET /`.
    pub page: Page,
    /// How many requests may wait for their turn; more are told to come again.
    pub queue: usize,
    /// Requests that are put together into one run of the model; each runs alone when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching: Option<Batching>,
}

impl Default for Serving {
    fn default() -> Self {
        Self { page: Page::Local, queue: 64, batching: None }
    }
}

/// Who is shown the page at `GET /`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// Who calls from this machine: hosts that listen to others have no page.
    #[default]
    Local,
    /// Everybody who may call.
    On,
    /// Nobody.
    Off,
}

/// How requests are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Batching {
    /// The most examples of one run.
    pub examples: usize,
    /// How long the first of them waits for others, in milliseconds.
    pub wait_ms: u32,
}
