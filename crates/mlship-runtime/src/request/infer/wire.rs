//! The JSON of a request, as it is written. Knows no model.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::problem::Problem;
use crate::request::refuse::Progress;

/// A request. What else is in it is passed over: clients send hints of their own.
#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) inputs: Vec<Given<'a>>,
    #[serde(borrow)]
    pub(super) outputs: Option<Vec<Wanted<'a>>>,
    pub(super) parameters: Option<Parameters>,
}

/// An input.
#[derive(Deserialize)]
pub(super) struct Given<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) datatype: Cow<'a, str>,
    pub(super) shape: Vec<i64>,
    pub(super) parameters: Option<Parameters>,
    /// Read when the datatype and the shape are known, which may stand behind it.
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// An output that is asked for.
#[derive(Deserialize)]
pub(super) struct Wanted<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    pub(super) parameters: Option<Parameters>,
}

/// The parameters that mean something here, of the request, an input or an output.
#[derive(Deserialize)]
pub(super) struct Parameters {
    pub(super) binary_data_size: Option<u64>,
    pub(super) binary_data: Option<bool>,
    pub(super) binary_data_output: Option<bool>,
    pub(super) classification: Option<IgnoredAny>,
    pub(super) shared_memory_region: Option<IgnoredAny>,
}

/// Reads the whole of `json`.
pub(super) fn read(json: &[u8]) -> Result<Wire<'_>, Problem> {
    serde_json::from_slice(json).map_err(|error| Progress::default().explain(&error, json))
}
