//! Contents to a zip archive that is the same, byte for byte, whoever packs it and when.
//!
//! Entries are sorted, times are 1980-01-01, modes are 0644 or 0755 and marked as Unix's, and
//! the deflate engine's version is pinned. Entries are compressed in parallel, a few at a time,
//! and joined in order.

use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write};
use std::path::Path;

use ::zip::result::ZipError;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};
use mlship_core::artifact::{Artifact, Format};
use rayon::prelude::*;

use crate::contents::{Contents, Entry};
use crate::digest::sha256_of;
use crate::error::PackageError;

/// How hard to deflate: zlib's own default, the best trade (docs/dependencies.md).
const LEVEL: i64 = 6;

/// How many entries are in memory at once.
const AT_ONCE: usize = 16;

/// Packs `contents` into the file `to`, which appears only when it is whole.
pub fn zip(contents: &Contents, to: &Path) -> Result<Artifact, PackageError> {
    let (unpacked_bytes, content_sha256) = contents.measure()?;
    let partial = to.with_extension("partial");
    let write = PackageError::file("write", &partial);
    let file = match to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&partial)) {
        Ok(file) => file,
        Err(source) => return Err(write(source)),
    };
    pack(contents.entries(), BufWriter::new(file))?;
    fs::rename(&partial, to).map_err(PackageError::file("write", to))?;
    let (sha256, packed_bytes) = File::open(to)
        .and_then(|mut file| sha256_of(&mut file))
        .map_err(PackageError::file("read", to))?;
    Ok(Artifact {
        path: to.to_owned(),
        format: Format::Zip,
        sha256,
        content_sha256,
        packed_bytes,
        unpacked_bytes,
    })
}

fn pack(entries: &[Entry], to: impl Write + std::io::Seek) -> Result<(), PackageError> {
    let mut archive = ZipWriter::new(to);
    for some in entries.chunks(AT_ONCE) {
        let parts: Vec<_> = some.par_iter().with_max_len(1).map(compress).collect();
        for (entry, part) in some.iter().zip(parts) {
            let failed = |source| PackageError::Zip { entry: entry.path.clone(), source };
            let part = ZipArchive::new(Cursor::new(part?)).map_err(failed)?;
            archive.merge_archive(part).map_err(failed)?;
        }
    }
    let mut out =
        archive.finish().map_err(|source| PackageError::Zip { entry: "the archive".into(), source })?;
    out.flush().map_err(|source| PackageError::Zip {
        entry: "the archive".into(),
        source: ZipError::Io(source),
    })
}

/// One entry as an archive of its own.
fn compress(entry: &Entry) -> Result<Vec<u8>, PackageError> {
    let bytes = entry.read()?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .large_file(bytes.len() as u64 >= u64::from(u32::MAX))
        .unix_permissions(entry.mode.bits());
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len() / 2)));
    archive
        .start_file(entry.path.as_str(), options)
        .and_then(|()| archive.write_all(&bytes).map_err(ZipError::Io))
        .and_then(|()| archive.finish())
        .map(Cursor::into_inner)
        .map_err(|source| PackageError::Zip { entry: entry.path.clone(), source })
}
