//! Contents to a zip archive that is the same, byte for byte, whoever packs it and when.
//!
//! Entries are sorted, times are 1980-01-01, modes are 0644 or 0755 and marked as Unix's, and
//! the deflate engine's version is pinned. Small entries are compressed in parallel, a few at a
//! time, and joined in order; a large one goes straight into the archive, a piece at a time.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Seek, Write};
use std::path::Path;

use ::zip::result::ZipError;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};
use mlship_core::artifact::{Artifact, Format};
use rayon::prelude::*;

use crate::contents::Contents;
use crate::digest::sha256_of;
use crate::entry::Entry;
use crate::error::PackageError;
use crate::whole::whole;

/// How hard to deflate: zlib's own default, the best trade (docs/dependencies.md).
const LEVEL: i64 = 6;

/// How many entries are in memory at once.
const AT_ONCE: usize = 16;

/// How many bytes of entries are in memory at once, before they are compressed.
const BYTES_AT_ONCE: u64 = 32 << 20;

/// A longer entry never is in memory as a whole.
const LARGE_BYTES: u64 = 16 << 20;

/// A longer entry has 64-bit lengths: below 4 GiB, so that deflate may add to it.
const LONG_BYTES: u64 = 0xf000_0000;

/// How many bytes of a large entry are deflated together: always the same number, so that the
/// reader's pieces leave no trace.
const PIECE_BYTES: u64 = 1 << 16;

/// Packs `contents` into the file `to`, which appears only when it is whole.
pub fn zip(contents: &Contents, to: &Path) -> Result<Artifact, PackageError> {
    let digests = whole(to, |file, _| pack(contents.entries(), BufWriter::new(file)))?;
    let (unpacked_bytes, content_sha256) = contents.measured(&digests);
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

/// Digest and length of every entry.
fn pack(entries: &[Entry], to: impl Write + Seek) -> Result<Vec<(String, u64)>, PackageError> {
    let lengths = entries.iter().map(Entry::length).collect::<Result<Vec<_>, _>>()?;
    let mut archive = ZipWriter::new(to);
    let mut digests = Vec::with_capacity(entries.len());
    while let Some(&length) = lengths.get(digests.len()) {
        let start = digests.len();
        if length > LARGE_BYTES {
            digests.push((deflate(&entries[start], length, &mut archive)?, length));
            continue;
        }
        let some = start..start + together(&lengths[start..]);
        let parts: Vec<_> =
            some.clone().into_par_iter().map(|at| alone(&entries[at], lengths[at])).collect();
        for (at, part) in some.zip(parts) {
            let (part, digest) = part?;
            ZipArchive::new(Cursor::new(part))
                .and_then(|part| archive.merge_archive(part))
                .map_err(failed(&entries[at].path))?;
            digests.push((digest, lengths[at]));
        }
    }
    archive
        .finish()
        .and_then(|mut out| out.flush().map_err(ZipError::Io))
        .map_err(failed("the archive"))?;
    Ok(digests)
}

/// How many entries of these lengths, from the first on, are compressed at once: none is large.
fn together(lengths: &[u64]) -> usize {
    let mut bytes = 0;
    let fits = |length: &&u64| {
        bytes += **length;
        **length <= LARGE_BYTES && bytes <= BYTES_AT_ONCE
    };
    lengths.iter().take(AT_ONCE).take_while(fits).count()
}

/// One entry as an archive of its own, and its digest.
fn alone(entry: &Entry, length: u64) -> Result<(Vec<u8>, String), PackageError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let digest = deflate(entry, length, &mut archive)?;
    let packed = archive.finish().map_err(failed(&entry.path))?;
    Ok((packed.into_inner(), digest))
}

/// Adds an entry to an archive, and gives its digest.
fn deflate(
    entry: &Entry,
    length: u64,
    archive: &mut ZipWriter<impl Write + Seek>,
) -> Result<String, PackageError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .large_file(length > LONG_BYTES)
        .unix_permissions(entry.mode.bits());
    archive.start_file(entry.path.as_str(), options).map_err(failed(&entry.path))?;
    entry.stream(length, |bytes| {
        copy(bytes, archive).map_err(|error| failed(&entry.path)(ZipError::Io(error)))
    })
}

fn copy(mut from: &mut dyn Read, to: &mut impl Write) -> io::Result<()> {
    let mut piece = Vec::new();
    while Read::take(&mut from, PIECE_BYTES).read_to_end(&mut piece)? > 0 {
        to.write_all(&piece)?;
        piece.clear();
    }
    Ok(())
}

fn failed(entry: &str) -> impl FnOnce(ZipError) -> PackageError {
    let entry = entry.to_owned();
    move |source| PackageError::Zip { entry, source }
}
