//! A valid manifest: what the user wants served, and with what.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::finding::Span;
use crate::node::Node;
use crate::picture::Picture;
use crate::reader::Located;

mod column;

pub use column::*;

/// A service as its manifest describes it, checked and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The service's name, valid on every provider: `[a-z][a-z0-9-]{2,47}`.
    pub name: Located<String>,
    /// The folder of the manifest; relative paths start there.
    pub root: PathBuf,
    /// The trained model.
    pub model: Model,
    /// Request to tensors.
    pub input: Input,
    /// Tensors to answer.
    pub output: Output,
    /// The model's own acceptance tests.
    pub samples: Vec<SamplePaths>,
    /// What the service needs to run.
    pub resources: Resources,
    /// How requests are taken in.
    pub serving: Serving,
    /// How a container image of it is made, where the kind takes one.
    pub image: Image,
    /// The user's own code, in the python lane.
    pub python: Option<Python>,
    /// One table a provider, unread: each provider reads its own.
    pub targets: BTreeMap<String, Node>,
}

/// The trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// As written: a path relative to the manifest, or an address.
    pub path: Located<String>,
    /// SHA-256 in hex, when given.
    pub sha256: Option<Located<String>>,
    /// Where the weights are at run time.
    pub delivery: Delivery,
    /// What runs it.
    pub engine: Located<Engine>,
}

/// What runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The engines that are inside the runtime.
    #[default]
    Native,
    /// ONNX Runtime, whose library goes into the artifact.
    OnnxRuntime,
    /// Whichever answers sooner on the samples.
    Auto {
        /// How many requests one start of the process answers, on average.
        calls_per_start: u32,
    },
}

/// Where the model is at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Inside the artifact.
    Embed,
    /// Fetched at start, checked and kept.
    Fetch,
}

/// How a request becomes tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A row of named columns.
    Table(Table),
    /// Text, which a tokenizer makes into token ids.
    Text(Text),
    /// Pictures.
    Image(Picture),
    /// The model's own tensors, by name.
    Tensor,
}

/// How text becomes token ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The request's key for the text; `text` unless told.
    pub field: String,
    /// Path of a `tokenizer.json` or `vocab.txt`, relative to the manifest.
    pub tokenizer: Located<String>,
    /// Longer texts are cut to so many tokens, special ones included; what the tokenizer or the
    /// model says when `None`.
    pub max_tokens: Option<Located<u32>>,
    /// To what length a batch is padded.
    pub padding: Padding,
    /// Whether a `vocab.txt` is of an uncased model; a `tokenizer.json` says it itself.
    pub case: Case,
}

/// To what length texts are padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// To the longest of the batch, or to the model's own length when it has one.
    #[default]
    Longest,
    /// To `max-tokens`.
    Max,
}

/// Whether a vocabulary tells small from capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Case {
    /// Text is made small and loses its accents first.
    #[default]
    Uncased,
    /// Text is taken as it is.
    Cased,
}

/// How tensors become the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A label, with the scores beside it.
    Classify(Classify),
    /// A number, or one number a target.
    Regress {
        /// The answer's key for the number; `prediction` unless told.
        field: String,
    },
    /// One vector a text.
    Embed(Embed),
    /// The model's own tensors, by name.
    Tensor,
}

/// How an embedding is made of the model's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// The answer's key for the vector; `embedding` unless told.
    pub field: String,
    /// What makes one vector of one a token.
    pub pooling: Pooling,
    /// Whether the vector is scaled to length 1.
    pub length: Length,
    /// Where the table stands in the manifest.
    pub span: Option<Span>,
}

/// What makes one vector of one a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// The mean over the tokens that are no padding.
    #[default]
    Mean,
    /// The first token's.
    First,
}

/// How long a vector is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Length {
    /// As the model gives it.
    #[default]
    Own,
    /// Scaled to length 1.
    Unit,
}

/// How a classifier's answer looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Classify {
    /// What to call the classes, in the model's order.
    pub labels: Labels,
    /// How many classes the answer's scores name, best first; all when `None`.
    pub top: Option<usize>,
    /// The answer's key for the label; `label` unless told.
    pub field: Option<String>,
    /// What turns raw scores into probabilities, for models that end in logits.
    pub activation: Activation,
    /// Where it is said, an example has every label whose score is this or more.
    pub threshold: Option<f32>,
    /// Where the table stands in the manifest.
    pub span: Option<Span>,
    /// Where the labels stand in it.
    pub labels_span: Option<Span>,
}

/// What the classes are called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Labels {
    /// As the model calls them.
    #[default]
    Own,
    /// So, in the model's order.
    Named(Vec<String>),
    /// As the lines of a file, a path relative to the manifest.
    File(Located<String>),
}

impl Output {
    /// The file whose lines are the labels.
    #[must_use]
    pub fn labels_file(&self) -> Option<&Located<String>> {
        match self {
            Self::Classify(Classify { labels: Labels::File(path), .. }) => Some(path),
            _ => None,
        }
    }
}

/// What turns raw scores into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// They already are, or are wanted as they are.
    #[default]
    None,
    /// Softmax over the classes.
    Softmax,
    /// The logarithm of the softmax.
    LogSoftmax,
    /// The logistic function of each.
    Sigmoid,
}

/// A request and the answer it must get, as paths relative to the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePaths {
    /// The request's JSON, or a picture.
    pub request: Located<String>,
    /// The answer's JSON; without it any success will do.
    pub expect: Option<Located<String>>,
}

/// What the service needs to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Memory in MiB.
    pub memory_mb: Located<u32>,
    /// The longest a request may take, in seconds.
    pub timeout_s: Located<u32>,
    /// Scratch disk in MiB.
    pub disk_mb: Located<u32>,
    /// Requests that one instance serves at once.
    pub concurrency: Located<u32>,
}

/// How requests are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serving {
    /// Who is shown the page to try the model at.
    pub page: Page,
    /// How many requests may wait for their turn.
    pub queue: u32,
    /// How requests are put together into one run of the model; each runs alone when `None`.
    pub batching: Option<Batching>,
}

impl Default for Serving {
    fn default() -> Self {
        Self { page: Page::Local, queue: 64, batching: None }
    }
}

/// Who is shown the page at `GET /`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// Whoever calls from the machine that serves.
    #[default]
    Local,
    /// Everybody who may call.
    On,
    /// Nobody.
    Off,
}

/// How requests are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// The most examples of one run.
    pub examples: u32,
    /// How long the first request waits for others, in milliseconds.
    pub wait_ms: u32,
}

/// How a container image is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// The image that it starts from, as a reference with a tag or digest; nothing when `None`.
    pub base: Option<Located<String>>,
    /// Path of a Dockerfile to build instead, relative to the manifest; its context is the bundle.
    pub dockerfile: Option<Located<String>>,
}

/// The user's own Python code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// `module:function`.
    pub handler: Located<String>,
    /// `3.12`.
    pub version: Option<Located<String>>,
    /// Path of a requirements file, relative to the manifest.
    pub requirements: Option<Located<String>>,
    /// How much of its packages is left out.
    pub slim: Located<Slim>,
    /// Modules and paths of its packages that stay, whatever the samples use.
    pub keep: Option<Located<Vec<String>>>,
    /// Requests, as paths relative to the manifest, that must be answered by what is left of the
    /// packages as by all of them.
    pub held_out: Option<Located<Vec<String>>>,
}

impl Python {
    /// The version, as `3.12`: what is written, else one that every provider has.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version.as_ref().map_or("3.12", |version| version.value.as_str())
    }
}

/// How much of a handler's packages is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slim {
    /// Nothing.
    None,
    /// What no program reads: tests, headers, documents, symbols.
    #[default]
    Safe,
    /// Also modules that no sample used, but for the neighbours of those that one did.
    Balanced,
    /// All that no sample used.
    Traced,
    /// As balanced; and stubs stand in for libraries that are loaded and never called.
    Max,
}

impl Slim {
    /// Each by its name in a manifest.
    pub const NAMES: [(&str, Self); 5] = [
        ("none", Self::None),
        ("safe", Self::Safe),
        ("balanced", Self::Balanced),
        ("traced", Self::Traced),
        ("max", Self::Max),
    ];
}
