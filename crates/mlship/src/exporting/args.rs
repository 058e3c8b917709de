//! The flags of a conversion from another framework.

use std::path::PathBuf;

use clap::Args;
use mlship_export::{ROWS, TOLERANCE};

use super::definition::{Named, named};

/// How a model that is not ONNX is converted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "For models that are not ONNX")]
pub(crate) struct ExportArgs {
    /// Load a pickle without being asked: loading one runs what is in it, here without a network
    #[arg(long, env = "MLSHIP_TRUST")]
    pub(super) trust: bool,
    /// A Python that has the model's packages, onnxruntime, and skl2onnx with onnxmltools or torch
    /// with onnx [default: one is made with uv, locked and kept]
    #[arg(long, env = "MLSHIP_EXPORT_PYTHON", value_name = "PATH")]
    pub(super) python: Option<PathBuf>,
    /// The program uv [default: the one on PATH]
    #[arg(
        long,
        env = "MLSHIP_UV",
        value_name = "PATH",
        default_value = "uv",
        hide_default_value = true
    )]
    pub(super) uv: PathBuf,
    /// How many rows both models answer; fewer of large inputs
    #[arg(long, env = "MLSHIP_ROWS", value_name = "COUNT", default_value_t = ROWS,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) rows: u32,
    /// The largest difference of a number that is taken; labels must be equal
    #[arg(long, env = "MLSHIP_TOLERANCE", value_name = "NUMBER", default_value_t = TOLERANCE)]
    pub(super) tolerance: f64,
    /// ONNX's operator set [default: the newest that the converter can]
    #[arg(long, env = "MLSHIP_OPSET", value_name = "NUMBER")]
    pub(super) opset: Option<u32>,
    /// The shape of a torch module's input without the batch, as in 3,224,224; once for each input
    /// [default: what the first layer tells]
    #[arg(long = "shape", env = "MLSHIP_SHAPE", value_name = "LENGTHS", value_parser = shape)]
    pub(super) shapes: Vec<Shape>,
    /// What makes the torch module that weights are of, called without arguments: in a file, as in
    /// model.py:Net, or in a module of this folder or the model's, as in mynets.cnn:Net
    #[arg(long, env = "MLSHIP_DEFINITION", value_name = "FILE.py:NAME", value_parser = named)]
    pub(super) definition: Option<Named>,
    /// Load the model with the network within reach, where a process without one cannot be started
    #[arg(long, env = "MLSHIP_NO_SANDBOX")]
    pub(super) no_sandbox: bool,
}

/// The lengths of an input's dimensions, without the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape(pub(super) Vec<u32>);

/// The most numbers in a row of an input.
const NUMBERS: u64 = 100_000_000;

fn shape(text: &str) -> Result<Shape, String> {
    let length = |part: &str| part.trim().parse::<u32>().ok().filter(|length| *length > 0);
    let lengths: Option<Vec<u32>> = text.split([',', 'x']).map(length).collect();
    let lengths = lengths.ok_or("it is of lengths above 0 with commas between, as in 3,224,224")?;
    match lengths.iter().try_fold(1u64, |all, one| all.checked_mul(u64::from(*one))) {
        Some(..=NUMBERS) => Ok(Shape(lengths)),
        _ => Err(format!("a row of it would have more than {NUMBERS} numbers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_lengths() {
        assert_eq!(shape("3,224,224").unwrap().0, [3, 224, 224]);
        assert_eq!(shape("13").unwrap().0, [13]);
        for wrong in ["", "3,", "3,0", "-1", "a", "3;4", "100000,100000"] {
            assert!(shape(wrong).is_err(), "{wrong}");
        }
    }
}
