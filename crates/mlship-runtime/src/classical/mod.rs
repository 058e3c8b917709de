//! Our own engine, for scikit-learn, xgboost and lightgbm models.
//!
//! Runs a flat program ([`mlship_bundle::program`]) where it lies in memory. Nothing here reads
//! ONNX, and no program, however damaged, makes it panic or read out of bounds.

mod call;
mod file;
mod load;
mod ml;
mod ops;
mod params;
mod registry;
mod shape;
mod value;

use std::path::Path;

use crate::engine::{Engine, EngineError};
use crate::tensor::Tensor;

use call::{Room, Slots, run_graph};
use load::Loaded;
use value::Value;

/// A loaded classical model.
pub struct Classical(Loaded);

/// What holds a program's bytes: a memory map, or [`Aligned`] memory.
pub trait Storage: Send + Sync {
    /// The whole file; the same at every call, its start at a multiple of 8.
    fn bytes(&self) -> &[u8];
}

/// Loads a program. The time and memory it takes depend on the number of operators, not on the
/// size of trees and weights: those are used where they are.
///
/// # Errors
/// A file that is no program, of another version, or that refers outside itself.
pub fn load(storage: impl Storage + 'static) -> Result<Classical, EngineError> {
    Loaded::new(Box::new(storage)).map(Classical)
}

/// Maps a program's file into memory and loads it. The file must not change while it is loaded.
///
/// # Errors
/// What [`load`] says, or a file that cannot be mapped.
pub fn open(path: &Path) -> Result<Classical, EngineError> {
    let file = std::fs::File::open(path)
        .map_err(|error| EngineError(format!("`{}`: {error}", path.display())))?;
    #[expect(unsafe_code, reason = "a memory map is what makes large forests start at once")]
    // SAFETY: the file is the bundle's own and is not written while it is served; every access
    // through the map is bounds-checked and every bit pattern is a valid value.
    let map = unsafe { memmap2::Mmap::map(&file) }
        .map_err(|error| EngineError(format!("`{}`: {error}", path.display())))?;
    load(map)
}

impl Engine for Classical {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError> {
        let main = self.0.main()?;
        if inputs.len() != main.inputs.len() {
            let (takes, got) = (main.inputs.len(), inputs.len());
            return Err(EngineError(format!("the model takes {takes} inputs, got {got}")));
        }
        let mut room = Room::new();
        let mut slots = Slots::new(&self.0, &mut room)?;
        for (slot, tensor) in main.inputs.iter().zip(inputs) {
            slots.set(*slot, Value::of(tensor)?);
        }
        run_graph(&self.0, main, &mut slots)?;
        main.outputs.iter().map(|slot| Ok(slots.get(*slot)?.to_tensor())).collect()
    }
}

impl Storage for memmap2::Mmap {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Bytes in memory, aligned as a program needs them.
pub struct Aligned {
    words: Vec<u64>,
    length: usize,
}

impl Aligned {
    /// A copy.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks();
        let mut words: Vec<u64> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        words.push(u64::from_ne_bytes(last));
        Self { words, length: bytes.len() }
    }
}

impl Storage for Aligned {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words).get(..self.length).unwrap_or_default()
    }
}

type Outcome<T> = Result<T, EngineError>;

/// An error of one phrase.
#[cold]
fn fail<T>(problem: impl Into<String>) -> Outcome<T> {
    Err(EngineError(problem.into()))
}
