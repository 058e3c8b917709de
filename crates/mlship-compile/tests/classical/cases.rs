//! Reads what the Python generators write, and runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_inspect::onnx::{Model, parse};
use mlship_runtime::classical::{Aligned, load};
use mlship_runtime::engine::Engine;
use mlship_runtime::tensor::{Tensor, Values};
use mlship_testkit::fixture::made_once;
use serde_json::Value as Json;

/// One model with inputs and expected outputs.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) entry: Json,
    folder: PathBuf,
}

/// What a generator of `tests/corpus` makes of these files. Other tests may ask for the same.
pub(crate) fn generate(script: &str, files: &[&Path]) -> Vec<Case> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let (script, shared) = (scripts.join(script), scripts.join("cases.py"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(script.file_stem().unwrap());
    let made_from: Vec<&Path> =
        [&*script, &*shared].into_iter().chain(files.iter().copied()).collect();
    made_once(&folder, &made_from, |folder| {
        let output = Command::new(mlship_testkit::tools::python())
            .arg("-B")
            .arg(&script)
            .arg(folder)
            .args(files)
            .env("PYTHONHASHSEED", "0")
            .env("OMP_NUM_THREADS", "1")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {stderr}", script.display());
    });
    let index = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let Json::Array(entries) = serde_json::from_str(&index).unwrap() else { panic!("no list") };
    let name = |entry: &Json| entry["name"].as_str().unwrap().to_owned();
    entries
        .into_iter()
        .map(|entry| Case { name: name(&entry), entry, folder: folder.clone() })
        .collect()
}

impl Case {
    /// Why it is not run, when it is not.
    pub(crate) fn skipped(&self) -> Option<&str> {
        self.entry["skipped"].as_str()
    }

    /// The model's file.
    pub(crate) fn file(&self) -> Vec<u8> {
        std::fs::read(self.folder.join(format!("{}.onnx", self.name))).unwrap()
    }

    /// The model.
    pub(crate) fn model(&self) -> Model {
        parse(&self.file()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The expected outputs.
    pub(crate) fn expected(&self) -> Vec<Tensor> {
        self.tensors("outputs")
    }

    /// The inputs.
    pub(crate) fn inputs(&self) -> Vec<Tensor> {
        self.tensors("inputs")
    }

    /// Compiles, loads and runs.
    pub(crate) fn run(&self) -> Result<Vec<Tensor>, String> {
        let file = self.file();
        let program = mlship_compile::classical(&self.model(), &file).map_err(|e| e.to_string())?;
        let engine = load(Aligned::copy_of(&program)).map_err(|e| e.to_string())?;
        engine.run(&self.inputs()).map_err(|e| e.to_string())
    }

    fn tensors(&self, key: &str) -> Vec<Tensor> {
        self.entry[key].as_array().unwrap().iter().map(|entry| self.tensor(entry)).collect()
    }

    fn tensor(&self, entry: &Json) -> Tensor {
        let bytes = std::fs::read(self.folder.join(entry["file"].as_str().unwrap())).unwrap();
        let shape = entry["shape"].as_array().unwrap();
        let shape = shape.iter().map(|length| length.as_u64().unwrap() as usize).collect();
        let values = match entry["dtype"].as_str().unwrap() {
            "float32" => Values::F32(cast(&bytes, f32::from_le_bytes).into()),
            "float64" => Values::F64(cast(&bytes, f64::from_le_bytes).into()),
            "int32" => Values::I32(cast(&bytes, i32::from_le_bytes).into()),
            "int64" => Values::I64(cast(&bytes, i64::from_le_bytes).into()),
            "bool" => Values::Bool(bytes.iter().map(|byte| *byte != 0).collect()),
            "string" => Values::String(serde_json::from_slice(&bytes).unwrap()),
            other => panic!("dtype {other}"),
        };
        Tensor { shape, values }
    }
}

fn cast<T, const N: usize>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|chunk| from(*chunk)).collect()
}

/// How far two tensors are apart: the largest absolute and relative difference of floats, and how
/// many other elements are unequal.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Apart {
    pub(crate) absolute: f64,
    pub(crate) relative: f64,
    /// The largest difference, absolute up to one and relative above.
    pub(crate) scaled: f64,
    pub(crate) unequal: usize,
}

/// Compares two tensors; `Err` when shape or type differ.
pub(crate) fn compare(expected: &Tensor, got: &Tensor) -> Result<Apart, String> {
    let mut apart = Apart::default();
    if expected.shape != got.shape {
        return Err(format!("shape {:?} instead of {:?}", got.shape, expected.shape));
    }
    let mut floats = |pairs: &mut dyn Iterator<Item = (f64, f64)>| {
        for (a, b) in pairs {
            if a == b || (a.is_nan() && b.is_nan()) {
                continue;
            }
            let gap = (a - b).abs();
            // A NaN or an infinity on one side only is as far apart as can be.
            let gap = if gap.is_nan() { f64::INFINITY } else { gap };
            apart.absolute = apart.absolute.max(gap);
            apart.scaled = apart.scaled.max(gap / a.abs().max(1.0));
            apart.relative = apart.relative.max(gap / a.abs().max(1e-30));
        }
    };
    match (&expected.values, &got.values) {
        (Values::F32(a), Values::F32(b)) => {
            floats(&mut a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b))));
        }
        (Values::F64(a), Values::F64(b)) => floats(&mut a.iter().zip(b).map(|(a, b)| (*a, *b))),
        (Values::I32(a), Values::I32(b)) => apart.unequal = unequal(a, b),
        (Values::I64(a), Values::I64(b)) => apart.unequal = unequal(a, b),
        (Values::Bool(a), Values::Bool(b)) => apart.unequal = unequal(a, b),
        (Values::String(a), Values::String(b)) => apart.unequal = unequal(a, b),
        (a, b) => return Err(format!("{:?} instead of {:?}", b.element(), a.element())),
    }
    Ok(apart)
}

fn unequal<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}
