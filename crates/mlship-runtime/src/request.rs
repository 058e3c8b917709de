//! From a request's JSON to what the model takes. Reads straight into the tensors, so that memory
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

use mlship_bundle::{Bundle, Input, Text};

use crate::bundle::LoadError;
use crate::problem::Problem;
use crate::tensor::Tensor;

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
}

/// How the answers are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The request was an object or text: its answer stands alone.
    Single,
    /// The request was a list: its answers are a list.
    List,
    /// The request was a list of instances: its answers are `{"predictions": […]}`.
    Predictions,
}

impl Request {
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
    Tensors(tensors::Tensors),
}

impl Reader {
    /// A reader of what the input of the bundle in `folder` asks for.
    pub(crate) fn new(folder: &Path, bundle: &Bundle) -> Result<Self, LoadError> {
        match &bundle.input {
            Input::Table(packed) => Ok(Reader::Table(table::Table::new(packed, bundle)?)),
            Input::Text(text) => of_text(folder, text, bundle),
            Input::Tensor => Ok(Reader::Tensors(tensors::Tensors::new(bundle))),
        }
    }

    /// Reads one request.
    pub(crate) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        let wrap = said.wrap;
        match self {
            Reader::Table(table) => table.read(body, wrap),
            #[cfg(feature = "networks")]
            Reader::Text(texts) => texts.read(body, wrap),
            Reader::Tensors(tensors) => tensors.read(body, wrap),
        }
    }

    /// True when a well-formed request may still be one that the model cannot work with: it
    /// chooses lengths or indices.
    pub(crate) fn lets_the_request_choose(&self) -> bool {
        match self {
            Reader::Table(_) => false,
            #[cfg(feature = "networks")]
            Reader::Text(_) => false,
            Reader::Tensors(tensors) => tensors.lets_the_request_choose(),
        }
    }
}

#[cfg(feature = "networks")]
fn of_text(folder: &Path, text: &Text, bundle: &Bundle) -> Result<Reader, LoadError> {
    Ok(Reader::Text(Box::new(text::Texts::new(folder, text, bundle)?)))
}

#[cfg(not(feature = "networks"))]
fn of_text(_: &Path, _: &Text, _: &Bundle) -> Result<Reader, LoadError> {
    Err(LoadError::NoEngine("text"))
}
