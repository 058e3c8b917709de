//! The manifest as it is written, for its schema alone: nothing is ever read into these types.
//! Their comments are what an editor shows.
#![expect(dead_code, reason = "only their schema is used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::columns::{Column, Format};
use super::picture::Picture;
use super::text::{Embed, Text};
use crate::project::{
    CALLS_PER_START, CONCURRENCY, DISK_MB, EXAMPLES, HANDLER_PATTERN, MEMORY_MB, NAME_PATTERN,
    QUEUE, REFERENCE_PATTERN, REGRESS_FIELD, TIMEOUT_S, VERSION_PATTERN, WAIT_MS,
};

/// What mlship serves: a trained model, how a request becomes its input, how its output becomes
/// the answer, and where it runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields, title = "mlship manifest")]
pub(super) struct Manifest {
    /// The version of this format: 1.
    #[schemars(extend("const" = crate::VERSION))]
    version: i64,
    /// The service's name, one that every provider takes: 3 to 48 of a-z, 0-9 and -, a letter
    /// first, no - last.
    #[schemars(regex(pattern = NAME_PATTERN))]
    name: String,
    model: Model,
    input: Input,
    output: Output,
    /// The model's own acceptance tests: requests and the answers they must get.
    samples: Option<Vec<Sample>>,
    resources: Option<Resources>,
    serving: Option<Serving>,
    image: Option<Image>,
    python: Option<Python>,
    targets: Option<BTreeMap<String, ()>>,
}

/// The trained model.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    extend(
        "if" = {"properties": {"path": {"pattern": "://"}}, "required": ["path"]},
        "then" = {"properties": {"sha256": {"type": "string"}}, "required": ["sha256"]},
        "dependentSchemas" = {"calls-per-start": {
            "properties": {"engine": {"const": "auto"}}, "required": ["engine"]
        }}
    )
)]
struct Model {
    /// A file or folder, relative to the manifest; or an s3://, gs:// or https:// address, which
    /// needs a sha256.
    #[schemars(regex(pattern = r"^((s3|gs|https)://[^/]+/.+|(?!.*://)[^\\]*[^\\\s][^\\]*)$"))]
    path: String,
    /// SHA-256 of the model file, 64 hexadecimal digits: what sha256sum prints.
    #[schemars(regex(pattern = "^[0-9A-Fa-f]{64}$"))]
    sha256: Option<String>,
    /// Where the model is at run time: inside the artifact (embed), or fetched at start, checked
    /// and kept (fetch).
    #[schemars(extend("default" = "embed"))]
    delivery: Option<Delivery>,
    /// What runs the model: the runtime's own engines (native); ONNX Runtime, whose library goes
    /// into the artifact (onnxruntime); or whichever answers sooner on the samples (auto).
    #[schemars(extend("default" = "native"))]
    engine: Option<Engine>,
    /// For auto: how many requests one start of the process answers, on average.
    #[schemars(range(min = CALLS_PER_START.least, max = CALLS_PER_START.most), extend("default" = CALLS_PER_START.default))]
    calls_per_start: Option<u32>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Engine {
    Auto,
    Native,
    Onnxruntime,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Delivery {
    Embed,
    Fetch,
}

/// How a request becomes the model's input: exactly one way.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    extend(
        "minProperties" = 1,
        "maxProperties" = 1,
        "not" = {"properties": {"text": {"type": "null"}}, "required": ["text"]},
        "if" = {
            "properties": {"text": {
                "properties": {"tokenizer": {"pattern": r"\.json$"}},
                "required": ["tokenizer"]
            }},
            "required": ["text"]
        },
        "then" = {"properties": {"text": {"properties": {"case": {"type": "null"}}}}}
    )
)]
struct Input {
    /// A row of named columns, or a list of rows.
    table: Option<Table>,
    /// Text, which a tokenizer makes into the model's token ids.
    text: Option<Text>,
    /// Pictures, which are decoded, resized and normalised.
    image: Option<Picture>,
    /// The model's own tensors, by name.
    tensor: Option<Nothing>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    /// Name to type, in the order of the model's inputs. A ? after the type means that the value
    /// may be absent or null.
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": r"\S"}))]
    columns: BTreeMap<String, Column>,
    /// Forms of a request to take beside JSON, JSON lines, CSV and .npy. Arrow needs the largest
    /// runtime.
    #[schemars(extend("uniqueItems" = true))]
    formats: Option<Vec<Format>>,
}

/// No keys.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Nothing {}

/// How the model's output becomes the answer: exactly one way.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    extend("minProperties" = 1, "maxProperties" = 1)
)]
struct Output {
    /// A label, with the scores beside it.
    classify: Option<Classify>,
    /// A number, or one number a target.
    regress: Option<Regress>,
    /// One vector a text.
    embed: Option<Embed>,
    /// The model's own tensors, by name.
    tensor: Option<Nothing>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Classify {
    /// What to call the classes, in the model's order: a list, or the path of a file with one on
    /// each line; the model's own labels when left out.
    labels: Option<Labels>,
    /// How many classes the answer names, best first; all when left out.
    #[schemars(range(min = 1, max = 65535))]
    top: Option<u32>,
    /// The answer's key for the label.
    #[schemars(
        regex(pattern = r"\S"),
        extend("default" = "label", "not" = {"const": "probabilities"})
    )]
    field: Option<String>,
    /// What turns raw scores into probabilities, for a model that ends in logits.
    #[schemars(extend("default" = "none"))]
    activation: Option<Activation>,
    /// For an example that may have several labels: those whose score is this or more are its own,
    /// and the answer has a list of them.
    threshold: Option<f32>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Labels {
    File(
        #[schemars(regex(pattern = r"^(?!.*://)[^\\]*\.txt$"))]
        String,
    ),
    Named(
        #[schemars(
            length(min = 1),
            inner(regex(pattern = r"\S")),
            extend("uniqueItems" = true)
        )]
        Vec<String>,
    ),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Activation {
    None,
    Softmax,
    LogSoftmax,
    Sigmoid,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Regress {
    /// The answer's key for the number.
    #[schemars(regex(pattern = r"\S"), extend("default" = REGRESS_FIELD))]
    field: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Sample {
    /// Path of the request, relative to the manifest: its JSON; with `input.image` also a picture as it is.
    #[schemars(regex(pattern = FILE))]
    request: String,
    /// Path of the answer's JSON; without it any success will do.
    #[schemars(regex(pattern = FILE))]
    expect: Option<String>,
}

/// What the service needs to run.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Resources {
    /// Memory, in MiB.
    #[schemars(
        range(min = MEMORY_MB.least, max = MEMORY_MB.most),
        extend("default" = MEMORY_MB.default)
    )]
    memory_mb: Option<u32>,
    /// The longest that a request may take, in seconds.
    #[schemars(
        range(min = TIMEOUT_S.least, max = TIMEOUT_S.most),
        extend("default" = TIMEOUT_S.default)
    )]
    timeout_s: Option<u32>,
    /// Scratch disk, in MiB.
    #[schemars(
        range(min = DISK_MB.least, max = DISK_MB.most),
        extend("default" = DISK_MB.default)
    )]
    disk_mb: Option<u32>,
    /// Requests that one instance serves at once.
    #[schemars(
        range(min = CONCURRENCY.least, max = CONCURRENCY.most),
        extend("default" = CONCURRENCY.default)
    )]
    concurrency: Option<u32>,
}

/// How requests are taken in.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Serving {
    /// Who is shown the page to try the model at: whoever calls from the machine that serves
    /// (local), everybody who may call (on), nobody (off).
    #[schemars(extend("default" = "local"))]
    page: Option<Page>,
    /// Requests that may wait for their turn; more are told to come again (503).
    #[schemars(range(min = QUEUE.least, max = QUEUE.most), extend("default" = QUEUE.default))]
    queue: Option<u32>,
    batching: Option<Batching>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Page {
    Local,
    On,
    Off,
}

/// Requests that wait are put together into one run of the model; each runs alone when left out.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Batching {
    /// The most examples of one run.
    #[schemars(
        range(min = EXAMPLES.least, max = EXAMPLES.most),
        extend("default" = EXAMPLES.default)
    )]
    examples: Option<u32>,
    /// How long the first request waits for others, in milliseconds.
    #[schemars(range(min = WAIT_MS.least, max = WAIT_MS.most), extend("default" = WAIT_MS.default))]
    wait_ms: Option<u32>,
}

/// How a container image is made, where one is deployed.
#[derive(JsonSchema)]
#[schemars(
    rename_all = "kebab-case",
    deny_unknown_fields,
    extend("not" = {
        "properties": {"base": {"type": "string"}, "dockerfile": {"type": "string"}},
        "required": ["base", "dockerfile"]
    })
)]
struct Image {
    /// The image that it starts from, with a tag or a digest; nothing when left out. Not together
    /// with dockerfile.
    #[schemars(regex(pattern = REFERENCE_PATTERN))]
    base: Option<String>,
    /// Path of a Dockerfile to build instead, relative to the manifest.
    #[schemars(regex(pattern = FILE))]
    dockerfile: Option<String>,
}

/// Your own Python code, in the python lane.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
struct Python {
    /// What answers a request, as module:function.
    #[schemars(regex(pattern = HANDLER_PATTERN))]
    handler: String,
    /// The Python release, in quotes: "3.12".
    #[schemars(regex(pattern = VERSION_PATTERN))]
    version: Option<String>,
    /// Path of a requirements file, relative to the manifest.
    #[schemars(regex(pattern = FILE))]
    requirements: Option<String>,
    /// How much of the packages is left out of the artifact: nothing (none), what no program reads
    /// (safe), modules that no sample used but for their neighbours (balanced), all that no sample
    /// used (traced), or as balanced with stubs for libraries that are loaded and never called (max,
    /// which needs held-out). What is left must answer as before.
    #[schemars(extend("default" = "safe"))]
    slim: Option<Slim>,
    /// Modules (pandas.io) and paths of the packages that stay in any case.
    keep: Option<Vec<String>>,
    /// Paths of requests, relative to the manifest, that what is left must answer as before; their
    /// answers are not looked at otherwise.
    #[schemars(inner(regex(pattern = FILE)))]
    held_out: Option<Vec<String>>,
}

/// How much of a handler's packages is left out.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Slim {
    None,
    Safe,
    Balanced,
    Traced,
    Max,
}

/// A path with `/`, and no address.
const FILE: &str = r"^(?!.*://)[^\\]*[^\\\s][^\\]*$";
