//! Contents to a gzipped tar that is the same, byte for byte, whoever packs it and when.
//!
//! Entries are sorted, owners are 0, times are 1970-01-01, modes are 0644 or 0755, and the deflate
//! engine's version is pinned. In memory is a piece of one entry at a time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ::tar::Builder;
use mlship_core::artifact::{Artifact, Format};

use crate::contents::Contents;
use crate::digest::sha256_of;
use crate::error::PackageError;
use crate::gzip::Gzip;
use crate::tape;
use crate::whole::whole;

/// Packs `contents` into the file `to`, which appears only when it is whole.
///
/// # Errors
/// When an entry cannot be read or changes meanwhile, or the file cannot be written.
pub fn tar(contents: &Contents, to: &Path) -> Result<Artifact, PackageError> {
    let digests = whole(to, |file, partial| pack(contents, file, partial))?;
    let (unpacked_bytes, content_sha256) = contents.measured(&digests);
    let (sha256, packed_bytes) = File::open(to)
        .and_then(|mut file| sha256_of(&mut file))
        .map_err(PackageError::file("read", to))?;
    Ok(Artifact {
        path: to.to_owned(),
        format: Format::Tar,
        sha256,
        content_sha256,
        packed_bytes,
        unpacked_bytes,
    })
}

/// Digest and length of every entry.
fn pack(contents: &Contents, to: File, path: &Path) -> Result<Vec<(String, u64)>, PackageError> {
    let unwritable = |error| PackageError::file("write", path)(error);
    let mut tape = Builder::new(Gzip::new(BufWriter::new(to)));
    let mut digests = Vec::new();
    for entry in contents.entries() {
        let length = entry.length()?;
        let digest = entry.stream(length, |bytes| {
            tape::file(&mut tape, &entry.path, entry.mode.bits(), length, bytes).map_err(unwritable)
        })?;
        digests.push((digest, length));
    }
    let mut out = tape.into_inner().and_then(Gzip::finish).map_err(unwritable)?;
    out.flush().map_err(unwritable)?;
    Ok(digests)
}
