//! From a path to facts: finds out what it is by its content, and asks that format's reader.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

use crate::advice::advice;
use crate::error::InspectError;
use crate::facts::{Facts, Format};
use crate::onnx::{self, Model, Problem};
use crate::sniff::{HEAD_BYTES, Sniffed, sniff};
use crate::source::head;
use crate::{archive, booster, folder, graph, pickled, safetensors};

/// The longest message that protobuf allows, in bytes: 2 GiB less one
/// (<https://protobuf.dev/programming-guides/proto-limits/>).
pub(crate) const ONNX_BYTES: u64 = (1 << 31) - 1;

/// How many bytes of an unknown file are shown.
const SHOWN_BYTES: usize = 32;

/// Finds out what the file or folder `path` is, by its content.
///
/// Nothing in it is run. Memory is bounded whatever it holds; an ONNX file's own structure (not
/// its weights) takes as much as [`onnx::parse`] says.
///
/// # Errors
/// When it cannot be read, or says what it is and is not sound. A kind that nobody knows is
/// [`Format::Unknown`], a damaged pickle gives what was found before the damage, with a warning.
pub fn inspect(path: &Path) -> Result<Facts, InspectError> {
    let metadata = path.metadata().map_err(|source| read_error(path, source))?;
    let mut facts = if metadata.is_dir() { folder::inspect(path)? } else { inspect_file(path)? };
    facts.advice = advice(&facts);
    Ok(facts)
}

/// Reads the ONNX file `path` through a memory map, and hands the graph and the file's bytes on:
/// the ranges of [`onnx::TensorData::Raw`] are ranges of these bytes.
///
/// # Errors
/// When it cannot be read, is too large for protobuf, or is no sound ONNX file.
pub fn read_onnx<T>(path: &Path, with: impl FnOnce(Model, &[u8]) -> T) -> Result<T, InspectError> {
    let (model, map) = open_onnx(path)?;
    Ok(with(model, &map))
}

/// Like [`read_onnx`], for those who keep the file's bytes: they stay mapped as long as the map.
///
/// # Errors
/// The same.
pub fn open_onnx(path: &Path) -> Result<(Model, Mmap), InspectError> {
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    let bytes = file.metadata().map_err(|source| read_error(path, source))?.len();
    if bytes > ONNX_BYTES {
        return Err(InspectError::OnnxTooLarge { path: path.to_owned(), bytes });
    }
    let map = map(&file).map_err(|source| read_error(path, source))?;
    let model =
        onnx::parse(&map).map_err(|source| InspectError::Onnx { path: path.to_owned(), source })?;
    Ok((model, map))
}

/// The facts of a file, without advice.
pub(crate) fn inspect_file(path: &Path) -> Result<Facts, InspectError> {
    let read = |source| read_error(path, source);
    let metadata = path.metadata().map_err(read)?;
    if !metadata.is_file() {
        return Err(InspectError::NotAFile { path: path.to_owned() });
    }
    let bytes = metadata.len();
    let open = || File::open(path);
    let first = head(open().map_err(read)?, HEAD_BYTES);
    let plain = |format, summary: &str| Facts::new(path, format, summary, bytes);
    let found = match sniff(&first, bytes) {
        Sniffed::Zip => Some(archive::inspect(path, open().map_err(read)?, bytes)?),
        Sniffed::Is(Format::Pickle) | Sniffed::PerhapsPickle => {
            pickled::plain(path, open().map_err(read)?, bytes).map_err(read)?
        }
        Sniffed::Is(Format::Torch) => {
            Some(pickled::legacy_torch(path, open().map_err(read)?, bytes).map_err(read)?)
        }
        Sniffed::Is(Format::Onnx) => onnx_facts(path, bytes)?,
        Sniffed::Is(Format::Safetensors) => Some(safetensors_facts(path, bytes)?),
        Sniffed::Is(format @ (Format::XgboostJson | Format::Lightgbm)) => {
            Some(booster_facts(path, format, bytes)?)
        }
        Sniffed::Is(format) => Some(plain(format, words(format))),
        Sniffed::Deflated(method) => pickled::deflated(path, open, method, bytes).map_err(read)?,
        Sniffed::Compressed(method) => Some(plain(
            Format::Compressed,
            &format!("compressed by {method}; its inside was not read"),
        )),
        Sniffed::Tar => Some(plain(Format::Archive, "tar archive")),
        Sniffed::WebPage => Some(Facts {
            warnings: vec!["the download gave a web page instead of the file".into()],
            ..plain(Format::Unknown, "web page, not a model")
        }),
        Sniffed::Unknown => None,
    };
    Ok(found.unwrap_or_else(|| Facts {
        first_bytes: Some(shown(&first)),
        ..plain(Format::Unknown, "no model format that mlship knows")
    }))
}

fn read_error(path: &Path, source: io::Error) -> InspectError {
    InspectError::Read { path: path.to_owned(), source }
}

/// `None` when it is not ONNX after all: it has no graph, or ends before it has one.
fn onnx_facts(path: &Path, bytes: u64) -> Result<Option<Facts>, InspectError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let facts = match read_onnx(path, |model, _| graph::facts(&model, folder)) {
        Err(InspectError::Onnx { source, .. }) if source.problem == Problem::NoGraph => {
            return Ok(None);
        }
        other => other?,
    };
    let mut all = Facts::new(path, Format::Onnx, "ONNX model", bytes);
    all.warnings = graph::warnings(&facts);
    if !facts.producer.is_empty() {
        all.summary = format!("ONNX model, written by {}", facts.producer);
    }
    all.onnx = Some(facts);
    Ok(Some(all))
}

fn safetensors_facts(path: &Path, bytes: u64) -> Result<Facts, InspectError> {
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    let (tensors, warnings) = safetensors::read(file, bytes).map_err(|reason| {
        InspectError::Damaged { path: path.to_owned(), what: "safetensors file", reason }
    })?;
    let mut facts = Facts::new(path, Format::Safetensors, "safetensors: tensors by name", bytes);
    facts.tensors = Some(tensors);
    facts.warnings = warnings;
    Ok(facts)
}

fn booster_facts(path: &Path, format: Format, bytes: u64) -> Result<Facts, InspectError> {
    let read = |source| read_error(path, source);
    let file = File::open(path).map_err(read)?;
    let mut facts = Facts::new(path, format, words(format), bytes);
    facts.booster = Some(if format == Format::XgboostJson {
        booster::xgboost(file).map_err(|error| InspectError::Damaged {
            path: path.to_owned(),
            what: "xgboost model",
            reason: error.to_string(),
        })?
    } else {
        let (booster, trees) = booster::lightgbm(file).map_err(read)?;
        if trees == booster::Trees::Cut {
            facts.warnings.push("the file is cut: it ends before its trees do".into());
        }
        booster
    });
    Ok(facts)
}

fn words(format: Format) -> &'static str {
    match format {
        Format::Ort => "ONNX model in onnxruntime's own form",
        Format::XgboostJson => "xgboost model (JSON)",
        Format::XgboostUbjson => "xgboost model (UBJSON)",
        Format::XgboostBinary => "xgboost model (old binary form)",
        Format::Lightgbm => "lightgbm model (text)",
        Format::Catboost => "catboost model",
        Format::Hdf5 => "HDF5 file, as Keras 2 writes models (`.h5`)",
        Format::Tflite => "TensorFlow Lite model",
        Format::Gguf => "GGUF model (llama.cpp)",
        Format::Pmml => "PMML model",
        Format::Numpy => "numpy array",
        Format::GitLfsPointer => "pointer of Git LFS; the model itself is not here",
        Format::Empty => "empty file",
        _ => "model",
    }
}

/// The first bytes in hex, and as text where they are text.
fn shown(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String = bytes
        .iter()
        .map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' })
        .collect();
    format!("{}  {text}", hex.join(" "))
}

fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is only read. A file that another process changes meanwhile gives other
    // bytes, which the parser takes as it takes any; one that is cut short ends this process, as
    // it does for every tool that maps files.
    #[expect(unsafe_code, reason = "a memory map is what keeps weights out of memory")]
    unsafe {
        Mmap::map(file)
    }
}
