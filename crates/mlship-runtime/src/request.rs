//! From a request's bytes to what the model takes. Reads straight into the tensors, so that memory
//! is bounded by the body and not by a tree made of it.

/// The visits of a JSON scalar, each passed on to `self.scalar`.
macro_rules! scalar_visits {
    () => {
        fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
            self.scalar(Scalar::Null)
        }

        fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
            self.scalar(Scalar::Bool(value))
        }

        fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
            self.scalar(Scalar::Int(value))
        }

        fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
            self.scalar(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Int))
        }

        fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
            self.scalar(Scalar::Float(value))
        }

        fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
            self.scalar(Scalar::Text(value))
        }
    };
}

mod date;
mod format;
#[cfg(feature = "image")]
mod image;
mod infer;
mod instances;
mod list;
mod number;
mod place;
mod refuse;
mod table;
mod tensors;
#[cfg(feature = "networks")]
mod text;

use std::path::Path;

use mlship_bundle::{Bundle, Image, Input, Text};

pub(crate) use number::Range;

use crate::bundle::LoadError;
use crate::problem::Problem;
use crate::tensor::Tensor;
#[cfg(feature = "worker")]
pub use crate::worker::Call;
pub use infer::{Asked, Carries, Coding, Head};
pub(crate) use infer::{Datatype, Infer, dimensions};

/// A request in the model's terms.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// What to run, in order.
    pub runs: Vec<Run>,
    /// How the answers are put together.
    pub form: Form,
}

/// One run of the model.
#[derive(Debug, PartialEq)]
pub struct Run {
    /// In the order of the model's inputs.
    pub inputs: Vec<Tensor>,
    /// What its outputs answer.
    pub answers: Answers,
}

/// What the outputs of a run answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// So many examples, along the first dimension.
    Examples(usize),
    /// One whole tensor.
    Whole,
}

/// What is said of the bytes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The value of `Content-Type`.
    pub media_type: Option<&'a str>,
    /// What the host's contract wraps them in.
    pub wrap: Wrap,
}

impl Said<'_> {
    /// Nothing: the request is JSON.
    pub const NOTHING: Self = Self { media_type: None, wrap: Wrap::Plain };
}

/// What the JSON of a request is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    /// Nothing.
    Plain,
    /// `{"instances": […]}`, as Vertex AI has it.
    Instances,
    /// `{"inputs": […]}`, as the Open Inference Protocol has it, and bytes behind it.
    Infer(Head),
}

/// How the answers are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// The request was an object or text: its answer stands alone.
    Single,
    /// The request was a list: its answers are a list.
    List,
    /// The request was a list of instances: its answers are `{"predictions": […]}`.
    Predictions,
    /// The request named tensors: its answers are those that it asks for.
    Infer(Box<Asked>),
    /// The request was JSON lines, of this media type: so are its answers.
    Lines(&'static str),
    /// The request goes to the user's own code, which answers it.
    #[cfg(feature = "worker")]
    Call(Box<Call>),
}

impl Request {
    /// How many rows the inputs have, where their first dimension counts rows.
    pub(crate) fn rows(&self) -> usize {
        let of = |run: &Run| run.inputs.first().and_then(|input| input.shape.first()).copied();
        self.runs.iter().map(|run| of(run).unwrap_or(1)).sum()
    }

    /// How many examples are asked about.
    pub fn examples(&self) -> usize {
        let of = |run: &Run| match run.answers {
            Answers::Examples(count) => count,
            Answers::Whole => 1,
        };
        self.runs.iter().map(of).sum()
    }
}

/// Reads requests for one bundle.
pub(crate) enum Reader {
    Table(table::Table),
    #[cfg(feature = "networks")]
    Text(Box<text::Texts>),
    #[cfg(feature = "image")]
    Image(Box<image::Pictures>),
    Tensors(tensors::Tensors),
}

impl Reader {
    /// A reader of what the input of the bundle in `folder` asks for.
    pub(crate) fn new(folder: &Path, bundle: &Bundle) -> Result<Self, LoadError> {
        match &bundle.input {
            Input::Table(packed) => Ok(Reader::Table(table::Table::new(packed, bundle)?)),
            Input::Text(text) => of_text(folder, text, bundle),
            Input::Image(image) => of_image(image, bundle),
            Input::Tensor => Ok(Reader::Tensors(tensors::Tensors::new(bundle))),
            Input::Any => Err(only_a_handler("input")),
        }
    }

    /// Reads one request.
    pub(crate) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        match self {
            Reader::Table(table) => table.read(body, said),
            #[cfg(feature = "networks")]
            Reader::Text(texts) => texts.read(body, said),
            #[cfg(feature = "image")]
            Reader::Image(pictures) => pictures.read(body, said),
            Reader::Tensors(tensors) => tensors.read(body, said),
        }
    }

    /// True when reading is work.
    pub(crate) fn reads_long(&self) -> bool {
        match self {
            #[cfg(feature = "image")]
            Reader::Image(_) => true,
            _ => false,
        }
    }

    /// True when a well-formed request may still be one that the model cannot work with: it
    /// chooses lengths or indices.
    pub(crate) fn lets_the_request_choose(&self) -> bool {
        match self {
            Reader::Table(_) => false,
            #[cfg(feature = "networks")]
            Reader::Text(_) => false,
            #[cfg(feature = "image")]
            Reader::Image(_) => false,
            Reader::Tensors(tensors) => tensors.lets_the_request_choose(),
        }
    }
}

/// Why a model cannot be asked or answer in any form.
pub(crate) fn only_a_handler(side: &str) -> LoadError {
    LoadError::Contradiction(format!("the {side} is `any`, which only a handler in Python has"))
}

#[cfg(feature = "networks")]
fn of_text(folder: &Path, text: &Text, bundle: &Bundle) -> Result<Reader, LoadError> {
    Ok(Reader::Text(Box::new(text::Texts::new(folder, text, bundle)?)))
}

#[cfg(not(feature = "networks"))]
fn of_text(_: &Path, _: &Text, _: &Bundle) -> Result<Reader, LoadError> {
    Err(LoadError::NoEngine("text"))
}

#[cfg(feature = "image")]
fn of_image(image: &Image, bundle: &Bundle) -> Result<Reader, LoadError> {
    Ok(Reader::Image(Box::new(image::Pictures::new(image, bundle)?)))
}

#[cfg(not(feature = "image"))]
fn of_image(_: &Image, _: &Bundle) -> Result<Reader, LoadError> {
    Err(LoadError::NoEngine("image"))
}
