//! What was kept and what was left out, with bytes and reasons: as a tree to read, and as JSON.

mod record;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use serde::Serialize;

pub use record::{FileRecord, Provenance, RequestRecord};

use crate::error::SlimError;
use crate::keep::{Level, Reason};
use crate::platform::Architecture;
use crate::slim::Slimmed;
use crate::verify::Verification;

/// What became of each distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// How much was left out.
    pub level: Level,
    /// The target's processor.
    pub target: Architecture,
    /// Bytes of the packages as they were installed.
    pub bytes_before: u64,
    /// Bytes of what is shipped.
    pub bytes_after: u64,
    /// Of those the archive of pruned modules in pure Python, from which the guard imports them; 0
    /// when it does not go along.
    pub rest_bytes: u64,
    /// The distributions, largest first.
    pub distributions: Vec<Distribution>,
    /// How it was proven.
    pub verification: Verification,
}

/// What became of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// Its name.
    pub name: String,
    /// Its bytes as it was installed.
    pub bytes_before: u64,
    /// Its bytes as it is shipped.
    pub bytes_after: u64,
    /// Kept files by reason, most bytes first. Bytes are those shipped.
    pub kept: Vec<Share>,
    /// Files left out by reason, most bytes first. Bytes are those installed.
    pub dropped: Vec<Share>,
}

/// The files of one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The reason.
    pub reason: String,
    /// How many files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Slimmed {
    /// What was kept and what was left out.
    ///
    /// # Errors
    /// When what is shipped cannot be read again.
    pub fn explain(&self) -> Result<Explanation, SlimError> {
        let mut parts: BTreeMap<&str, Parts> = BTreeMap::new();
        let mut bytes_after = 0;
        for (file, bytes) in &self.tree.files {
            let name = self.tree.distribution(file);
            let part = parts.entry(name).or_default();
            part.before += bytes;
            let shipped = self.shipped(file);
            part.after += shipped;
            if let Some(reason) = self.keep.files.get(file) {
                // Which library needs another is in the provenance.
                let reason = match reason {
                    Reason::NeededBy(_) => "needed by a kept library".to_owned(),
                    other => other.to_string(),
                };
                add(&mut part.kept, &reason, shipped);
            } else if let Some(dropped) = self.keep.dropped.get(file) {
                add(&mut part.dropped, &dropped.to_string(), *bytes);
            }
        }
        for file in self.written()? {
            let path = self.out.join(&file);
            bytes_after += fs::metadata(&path).map_err(SlimError::file("read", &path))?.len();
        }
        let mut distributions: Vec<_> =
            parts.into_iter().map(|(name, part)| part.told(name)).collect();
        distributions.sort_by_key(|one| std::cmp::Reverse(one.bytes_before));
        Ok(Explanation {
            level: self.level,
            target: self.platform.architecture,
            bytes_before: self.tree.total(),
            bytes_after,
            rest_bytes: self.rest_bytes(),
            distributions,
            verification: self.verification.clone(),
        })
    }
}

#[derive(Default)]
struct Parts {
    before: u64,
    after: u64,
    kept: BTreeMap<String, (usize, u64)>,
    dropped: BTreeMap<String, (usize, u64)>,
}

impl Parts {
    fn told(self, name: &str) -> Distribution {
        Distribution {
            name: name.to_owned(),
            bytes_before: self.before,
            bytes_after: self.after,
            kept: shares(self.kept),
            dropped: shares(self.dropped),
        }
    }
}

fn add(to: &mut BTreeMap<String, (usize, u64)>, reason: &str, bytes: u64) {
    let share = to.entry(reason.to_owned()).or_default();
    *share = (share.0 + 1, share.1 + bytes);
}

fn shares(from: BTreeMap<String, (usize, u64)>) -> Vec<Share> {
    let shares = from.into_iter();
    let mut shares: Vec<_> =
        shares.map(|(reason, (files, bytes))| Share { reason, files, bytes }).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.bytes));
    shares
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (megabytes(self.bytes_before), megabytes(self.bytes_after));
        writeln!(formatter, "{before} installed, {after} shipped")?;
        for one in &self.distributions {
            let (before, after) = (megabytes(one.bytes_before), megabytes(one.bytes_after));
            writeln!(formatter, "├─ {}: {before}, {after} shipped", one.name)?;
            let kept = one.kept.iter().map(|share| ("kept", share));
            let dropped = one.dropped.iter().map(|share| ("left out", share));
            let mut shares = kept.chain(dropped).peekable();
            while let Some((what, Share { reason, files, bytes })) = shares.next() {
                let branch = if shares.peek().is_some() { "├─" } else { "└─" };
                let plural = if *files == 1 { "" } else { "s" };
                let bytes = megabytes(*bytes);
                writeln!(
                    formatter,
                    "│  {branch} {what} {bytes} in {files} file{plural}: {reason}"
                )?;
            }
        }
        if self.rest_bytes > 0 {
            let bytes = megabytes(self.rest_bytes);
            writeln!(formatter, "├─ pruned modules in pure Python, aside: {bytes} shipped")?;
        }
        let Verification { samples, held_out, malformed, put_back, .. } = &self.verification;
        let proven = match self.verification.verified_on {
            Some(here) if here != self.target => {
                format!("proven with the same versions on {here}, not yet on {}", self.target)
            }
            _ => "proven".to_owned(),
        };
        write!(
            formatter,
            "└─ {proven}: {samples} sample{}, {held_out} held out, {malformed} made wrong",
            if *samples == 1 { "" } else { "s" }
        )?;
        for file in &self.verification.not_carried_over {
            write!(formatter, "\n   used there and not among these: {file}")?;
        }
        for one in put_back {
            write!(formatter, "\n   put back: {one}")?;
        }
        Ok(())
    }
}

/// Decimal megabytes.
fn megabytes(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}
