//! Which weights are converted, and the file that comes of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use mlship_core::partial::beside;
use serde::Serialize;

use crate::changes::{Changes, whole};
use crate::error::ConvertError;
use crate::f16;
use crate::file::{Source, elements, large_floats};
use crate::integers::to_int8;
use crate::node::{FLOAT, FLOAT16, constant, node};
use crate::rope::Rope;

/// Smaller constants stay as they are: biases and scales weigh nothing.
pub(crate) const SMALLEST: usize = 1024;

/// The longest protobuf message, in bytes.
const LONGEST: u64 = 0x7fff_ffff;

/// What weights are made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// 8-bit integers: a quarter of the size. Products are made in integers, with the inputs
    /// quantized as they come.
    Int8,
    /// 16-bit floats: half of the size. They are 32-bit floats again before anything is computed.
    F16,
}

/// What a conversion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Converted {
    /// Constants that were converted.
    pub tensors: usize,
    /// Bytes of them before.
    pub bytes_before: u64,
    /// Bytes of the file that was written.
    pub file_bytes: u64,
}

/// Converts the weights of the model at `path` and writes it to `to`, which appears only when it
/// is whole.
///
/// # Errors
/// When the model cannot be read, has nothing to convert, or the file cannot be written.
pub fn convert(path: &Path, to: &Path, weights: Weights) -> Result<Converted, ConvertError> {
    let source = Source::open(path)?;
    let changes = match weights {
        Weights::F16 => to_f16(&source)?,
        Weights::Int8 => to_int8(&source)?,
    };
    if changes.tensors.is_empty() {
        return Err(ConvertError::Nothing(
            "no large 32-bit matrix is multiplied or looked up in the model's own graph",
        ));
    }
    changes.check_places(&source, path, to)?;
    let bytes_before = changes.tensors.keys().map(|at| 4 * count(&source, *at)).sum();
    let tensors = changes.tensors.len();
    let rope = whole(&source, changes)?;
    if rope.length() > LONGEST {
        return Err(ConvertError::TooLarge(rope.length()));
    }
    write(&rope, to)?;
    Ok(Converted { tensors, bytes_before, file_bytes: rope.length() })
}

fn to_f16(source: &Source) -> Result<Changes<'_>, ConvertError> {
    let mut changes = Changes::default();
    for at in large_floats(&source.model.graph, SMALLEST) {
        let tensor = &source.model.graph.initializers[at];
        if !f16::fits(&source.floats(tensor)?) {
            continue;
        }
        let half = format!("{}/f16", tensor.name);
        let mut fields = Rope::default();
        constant(
            &mut fields,
            &half,
            FLOAT16,
            &tensor.dims,
            2 * count(source, at),
            Box::new(move |to| f16::write(&source.floats(tensor).map_err(io::Error::other)?, to)),
        );
        changes.first.push(node("Cast", &[&half], &[&tensor.name], Some(("to", i64::from(FLOAT)))));
        changes.tensors.insert(at, fields);
    }
    Ok(changes)
}

fn count(source: &Source, at: usize) -> u64 {
    let tensor = &source.model.graph.initializers[at];
    elements(tensor).unwrap_or_default() as u64
}

fn write(rope: &Rope<'_>, to: &Path) -> Result<(), ConvertError> {
    let partial = beside(to);
    let written = File::create(&partial).and_then(|file| {
        let mut out = BufWriter::new(file);
        rope.write(&mut out)?;
        out.flush()
    });
    written.map_err(ConvertError::file("write", &partial))?;
    fs::rename(&partial, to).map_err(ConvertError::file("write", to))
}
