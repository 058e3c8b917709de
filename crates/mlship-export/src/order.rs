//! What the converter is asked to do.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::definition::Definition;
use crate::recipe::Loader;

/// Rows that both models answer, where nobody says how many.
pub const ROWS: u32 = 512;

/// The largest difference of a number that is taken, in the measure of the output's largest number
/// where that is above one.
pub const TOLERANCE: f64 = 1e-4;

/// What the converter is asked to do.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The model; absolute.
    pub model: &'a Path,
    /// Who loads it.
    pub loader: Loader,
    /// Where the ONNX file goes; absolute.
    pub out: &'a Path,
    /// How many rows are made.
    pub rows: u32,
    /// The largest difference of a number that is taken.
    pub tolerance: f64,
    /// ONNX's operator set; the newest that the converter can, where it is not said.
    pub opset: Option<u32>,
    /// Rows that are answered too, as objects of columns.
    pub samples: Vec<Map<String, Value>>,
    /// The lengths of each input's dimensions, without the batch; none where the model tells them.
    pub shapes: Vec<Vec<u32>>,
    /// What makes the module that weights are of.
    pub definition: Option<Definition>,
    /// What loading it imports, the class of the model first, as far as it is known.
    pub imports: Vec<String>,
}

impl<'a> Order<'a> {
    /// An order that says no more than what is needed.
    pub fn new(model: &'a Path, loader: Loader, out: &'a Path) -> Self {
        Self {
            model,
            loader,
            out,
            rows: ROWS,
            tolerance: TOLERANCE,
            opset: None,
            samples: Vec::new(),
            shapes: Vec::new(),
            definition: None,
            imports: Vec::new(),
        }
    }
}

impl Order<'_> {
    /// What the converter reads.
    pub(crate) fn json(&self, report: &Path) -> Value {
        json!({
            "model": self.model, "loader": self.loader.name(), "out": self.out, "report": report,
            "rows": self.rows, "seed": 0, "tolerance": self.tolerance, "opset": self.opset,
            "samples": self.samples,
            "shapes": self.shapes,
            "definition": self.definition.as_ref().map(Definition::json),
            "imports": self.imports,
        })
    }
}
