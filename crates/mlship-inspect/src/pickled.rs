//! Files with a pickle in them: plain, compressed, joblib's, torch's, fastai's.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::facts::{Facts, Format, Held, PickleFacts, TensorFacts};
use crate::pickle::{Found, Stop, scan};
use crate::sniff::{HEAD_BYTES, Sniffed, sniff};
use crate::source::{FileSource, Source, Stream, head};

/// The pickles before torch's legacy object: a magic number, a version and the machine's sizes.
const LEGACY_PREFIX: usize = 3;

/// A file that starts with a pickle; `None` when it is none after all.
pub(crate) fn plain(path: &Path, file: File, bytes: u64) -> std::io::Result<Option<Facts>> {
    let mut source = FileSource::new(file)?;
    Ok(one(path, &mut source, bytes, None))
}

/// A torch file from before the zip format.
pub(crate) fn legacy_torch(path: &Path, file: File, bytes: u64) -> std::io::Result<Facts> {
    let mut source = FileSource::new(file)?;
    let mut found = Found::default();
    for _ in 0..=LEGACY_PREFIX {
        if found.stop.is_none() {
            scan(&mut source, &mut found);
        }
    }
    Ok(torch(path, &found, bytes))
}

/// A gzip or zlib file; `None` when it does not unpack.
pub(crate) fn deflated(
    path: &Path,
    open: impl Fn() -> std::io::Result<File>,
    method: &'static str,
    bytes: u64,
) -> std::io::Result<Option<Facts>> {
    let unpack = || -> std::io::Result<Box<dyn Read>> {
        Ok(match method {
            "gzip" => Box::new(MultiGzDecoder::new(open()?)),
            _ => Box::new(ZlibDecoder::new(open()?)),
        })
    };
    let first = head(unpack()?, HEAD_BYTES);
    let format = match sniff(&first, u64::MAX) {
        _ if first.is_empty() => return Ok(None),
        Sniffed::Is(Format::Pickle) | Sniffed::PerhapsPickle => {
            return Ok(one(path, &mut Stream::new(unpack()?), bytes, Some(method)));
        }
        Sniffed::Is(format) => format,
        Sniffed::Tar | Sniffed::Zip | Sniffed::Deflated(_) => Format::Archive,
        Sniffed::Compressed(_) => Format::Compressed,
        _ if method == "zlib" => return Ok(None),
        _ => Format::Unknown,
    };
    let summary = match (sniff(&first, u64::MAX), method) {
        (Sniffed::Tar, _) => "tar archive, packed by gzip".to_owned(),
        _ => format!("one file, packed by {method}"),
    };
    let mut facts = Facts::new(path, Format::Archive, summary, bytes);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    facts.holds = vec![Held { name, bytes: None, format }];
    Ok(Some(facts))
}

fn one(
    path: &Path,
    source: &mut impl Source,
    bytes: u64,
    compression: Option<&'static str>,
) -> Option<Facts> {
    let mut found = Found::default();
    let length = scan(source, &mut found);
    if let (Some(length), Some(_)) = (length, compression) {
        // Behind the pickle the packer's own end mark and checksum are checked.
        found.stop = source.fill_buf().err().map(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Stop::Truncated,
            _ => Stop::Damaged(length, error.to_string()),
        });
    }
    if !is_pickle(&found, length, bytes) {
        return None;
    }
    let (format, kind) = if found.uses("fastai") {
        (Format::Fastai, "fastai export")
    } else if compression.is_some() || found.joblib_arrays > 0 || found.uses("joblib") {
        (Format::Joblib, "joblib file")
    } else {
        (Format::Pickle, "pickle")
    };
    let mut facts = Facts::new(path, format, "", bytes);
    describe(&mut facts, &found, compression);
    facts.summary = summary(kind, &found);
    Some(facts)
}

/// Whether what was scanned was a pickle: it ends well, or imports something before it is cut.
fn is_pickle(found: &Found, length: Option<u64>, bytes: u64) -> bool {
    let imports = !found.globals().is_empty() || found.unresolved > 0;
    match &found.stop {
        None => found.protocol >= 2 || imports || length == Some(bytes),
        Some(Stop::Truncated) => found.protocol >= 2 || (imports && found.opcodes >= 4),
        Some(Stop::TooLarge(_)) => true,
        Some(Stop::Damaged(..)) => imports && (found.protocol >= 2 || found.opcodes >= 16),
    }
}

/// Facts of a torch file, zip or legacy, without what its archive says.
pub(crate) fn torch(path: &Path, found: &Found, bytes: u64) -> Facts {
    let fastai = found.uses("fastai");
    let format = if fastai { Format::Fastai } else { Format::Torch };
    let mut facts = Facts::new(path, format, "", bytes);
    describe(&mut facts, found, None);
    facts.summary = match found.top.as_deref() {
        _ if fastai => summary("fastai export", found),
        Some("collections.OrderedDict" | "dict") => {
            "PyTorch checkpoint: tensors by name, without the module's code".into()
        }
        Some(class) => format!("PyTorch checkpoint: a whole module, `{class}`"),
        None => "PyTorch checkpoint".into(),
    };
    if !found.elements.is_empty() {
        let parameters = found.elements.values().fold(0u64, |sum, one| sum.saturating_add(*one));
        let dtypes = found.elements.clone();
        facts.tensors = Some(TensorFacts { parameters, dtypes, ..TensorFacts::default() });
    }
    facts
}

fn summary(kind: &str, found: &Found) -> String {
    match class(found) {
        Some(class) => format!("{kind} of `{class}`"),
        None => kind.to_owned(),
    }
}

/// The outermost object's class; of a plain container, the first model in it.
fn class(found: &Found) -> Option<String> {
    match found.top.as_deref() {
        None | Some("dict" | "tuple" | "collections.OrderedDict") => {
            objects(found).into_iter().next().or_else(|| found.top.clone())
        }
        Some(class) => Some(class.to_owned()),
    }
}

/// Objects that are no plumbing.
fn objects(found: &Found) -> Vec<String> {
    const PLUMBING: &[&str] = &[
        "numpy",
        "joblib",
        "collections",
        "copyreg",
        "copy_reg",
        "_codecs",
        "builtins",
        "__builtin__",
        "functools",
        "scipy",
        "pathlib",
        "enum",
        "datetime",
        "operator",
    ];
    let mut objects = found.objects();
    objects.retain(|name| {
        let root = name.split('.').next().unwrap_or_default();
        !PLUMBING.contains(&root) && !name.starts_with("torch._utils.")
    });
    objects
}

/// Adds what a scan found.
pub(crate) fn describe(facts: &mut Facts, found: &Found, compression: Option<&'static str>) {
    let versions =
        found.versions.iter().map(|(name, version)| ((*name).to_owned(), version.clone()));
    facts.warnings.extend(warnings(found));
    facts.pickle = Some(PickleFacts {
        protocol: found.protocol,
        compression,
        class: class(found),
        objects: objects(found),
        globals: found.globals(),
        packages: found.packages(),
        versions: versions.collect(),
        suspicious: found.suspicious().into_iter().map(|(known, _, _)| known).collect(),
        is_followed: found.unresolved == 0 && found.left_out == 0 && found.stop.is_none(),
    });
}

fn warnings(found: &Found) -> Vec<String> {
    let mut warnings = Vec::new();
    for (known, written, called) in found.suspicious() {
        let verb = if called { "run" } else { "import" };
        let written =
            if known == written { String::new() } else { format!(" (written `{written}`)") };
        warnings.push(format!("this file would {verb} `{known}`{written} when loaded"));
    }
    for name in found.reaching() {
        warnings.push(format!("loading uses `{name}`, which reaches any attribute of an import"));
    }
    if found.carries_code() {
        warnings.push("it holds Python functions as code, which run when the model is used".into());
    }
    if found.unresolved > 0 {
        warnings.push(format!("{} imports have names that cannot be followed", found.unresolved));
    }
    if found.left_out > 0 {
        warnings.push(format!("{} more imports are not listed", found.left_out));
    }
    match &found.stop {
        None => {}
        Some(Stop::Truncated) => {
            warnings.push("the file is cut: it ends inside its pickle".into());
        }
        Some(Stop::Damaged(at, what)) => {
            warnings.push(format!("the pickle is damaged at byte {at}: {what}"));
        }
        Some(Stop::TooLarge(at)) => warnings.push(format!(
            "the pickle needs too much memory from byte {at} on; what follows was not read"
        )),
    }
    warnings
}
