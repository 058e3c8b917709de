//! Zip archives that are models, or hold some. Nothing is unpacked to disk.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::InspectError;
use crate::facts::{Facts, Format, Held};
use crate::json;
use crate::pickle::{Found, scan};
use crate::pickled;
use crate::sniff::{HEAD_BYTES, Sniffed, sniff};
use crate::source::{Stream, head};

/// The most bytes read of the list of entries: some 80,000 entries with ordinary names.
const DIRECTORY_BYTES: u64 = 8 << 20;
/// The most entries that are listed and looked into.
const LISTED: usize = 64;
/// An archive that unpacks to more than this, and to more than [`BOMB_RATIO`] times itself, is
/// refused. Weights that are not all the same shrink to a tenth at best.
const BOMB_BYTES: u64 = 1 << 30;
const BOMB_RATIO: u64 = 100;

/// Looks into a zip of so many bytes.
pub(crate) fn inspect(path: &Path, file: File, bytes: u64) -> Result<Facts, InspectError> {
    let budget = Rc::new(Cell::new(DIRECTORY_BYTES));
    let reader = Budgeted { file: io::BufReader::new(file), left: budget.clone() };
    let damaged = |reason: String| InspectError::Damaged {
        path: path.to_owned(),
        what: "zip archive",
        reason,
    };
    let mut zip = ZipArchive::new(reader).map_err(|error| match error {
        _ if budget.get() == 0 => damaged("it has no list of entries, or one far too long".into()),
        ZipError::Io(error) => damaged(error.to_string()),
        other => damaged(other.to_string().to_lowercase()),
    })?;
    budget.set(u64::MAX);
    let entries = entries(&zip).map_err(|error| damaged(error.to_string()))?;
    refuse_bomb(path, &entries, bytes)?;
    let facts = classify(path, &mut zip, &entries, bytes);
    let mut facts = facts.map_err(|error| damaged(error.to_string()))?;
    let listed = listed(path, bytes).map_err(|error| damaged(error.to_string()))?;
    if let Some(pickle) = facts.pickle.as_mut().filter(|_| listed != Some(entries.len())) {
        pickle.is_followed = false;
        facts.warnings.push("several of its entries have one name: readers differ in which".into());
    }
    Ok(facts)
}

/// How many entries the list at the archive's end says that it has; `None` where it is not to be told.
fn listed(path: &Path, bytes: u64) -> io::Result<Option<usize>> {
    /// The end of the list: 22 bytes, and a comment of up to 64 KB.
    const END: &[u8] = b"PK\x05\x06";
    const LONGEST: u64 = 22 + 65_535;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(LONGEST)))?;
    let mut last = Vec::new();
    file.take(LONGEST).read_to_end(&mut last)?;
    let end = last.windows(END.len()).rposition(|window| window == END);
    let count = end.and_then(|end| last.get(end + 10..end + 12));
    Ok(count.map(|count| usize::from(u16::from_le_bytes([count[0], count[1]]))))
}

struct Entry {
    name: String,
    packed_bytes: u64,
    bytes: u64,
}

type Zip = ZipArchive<Budgeted>;

fn entries(zip: &Zip) -> Result<Vec<Entry>, ZipError> {
    let entry = |index| {
        let entry = zip.by_index_data(index)?;
        Ok(Entry {
            name: entry.name()?.into_owned(),
            packed_bytes: entry.compressed_size(),
            bytes: entry.size(),
        })
    };
    (0..zip.len()).map(entry).collect()
}

fn refuse_bomb(path: &Path, entries: &[Entry], bytes: u64) -> Result<(), InspectError> {
    let unpacked = entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.bytes));
    let largest = entries.iter().max_by_key(|entry| entry.bytes);
    match largest {
        Some(entry) if unpacked > BOMB_BYTES && unpacked / bytes.max(1) >= BOMB_RATIO => {
            Err(InspectError::ZipBomb {
                path: path.to_owned(),
                entry: entry.name.clone(),
                packed_bytes: entry.packed_bytes,
                unpacked_bytes: entry.bytes,
            })
        }
        _ => Ok(()),
    }
}

fn classify(path: &Path, zip: &mut Zip, entries: &[Entry], bytes: u64) -> Result<Facts, ZipError> {
    let at = |name: &str| entries.iter().position(|entry| entry.name == name);
    let within = |name: &str| {
        entries.iter().position(|entry| {
            entry.name == name || entry.name.split_once('/').is_some_and(|(_, rest)| rest == name)
        })
    };
    if let Some(pickle) = within("data.pkl") {
        // Which of several is loaded differs between readers: all are looked into.
        let is_one = |entry: &Entry| entry.name.rsplit('/').next() == Some("data.pkl");
        let others =
            entries.iter().enumerate().filter(|(at, entry)| *at != pickle && is_one(entry));
        let pickles: Vec<usize> = others.map(|(at, _)| at).take(LISTED).chain([pickle]).collect();
        let code = entries.iter().any(|entry| entry.name.split('/').nth(1) == Some("code"));
        let script = code || within("constants.pkl").is_some();
        return torch(path, zip, &pickles, script, bytes);
    }
    if let Some(schema) = at("schema.json") {
        return skops(path, zip, schema, bytes);
    }
    if at("config.json").is_some() && at("model.weights.h5").is_some() {
        return Ok(Facts::new(path, Format::Keras, "Keras 3 model", bytes));
    }
    let mut facts = if !entries.is_empty() && entries.iter().all(|one| one.name.ends_with(".npy")) {
        Facts::new(path, Format::Numpy, "numpy arrays by name", bytes)
    } else {
        Facts::new(path, Format::Archive, format!("zip of {} entries", entries.len()), bytes)
    };
    facts.holds = held(zip, entries);
    Ok(facts)
}

fn torch(
    path: &Path,
    zip: &mut Zip,
    pickles: &[usize],
    script: bool,
    bytes: u64,
) -> Result<Facts, ZipError> {
    let mut found = Found::default();
    for pickle in pickles {
        if found.stop.is_none() {
            scan(&mut Stream::new(zip.by_index(*pickle)?), &mut found);
        }
    }
    let mut facts = pickled::torch(path, &found, bytes);
    if script {
        facts.format = Format::TorchScript;
        facts.summary = match &found.top {
            Some(class) => format!("TorchScript module `{class}`"),
            None => "TorchScript module".into(),
        };
    }
    Ok(facts)
}

#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "__class__")]
    class: Option<String>,
    #[serde(rename = "__module__")]
    module: Option<String>,
    #[serde(rename = "_skops_version")]
    version: Option<String>,
}

fn skops(path: &Path, zip: &mut Zip, schema: usize, bytes: u64) -> Result<Facts, ZipError> {
    let schema: Result<Schema, _> = json::read(zip.by_index(schema)?);
    let mut facts = Facts::new(path, Format::Skops, "skops file", bytes);
    match schema {
        Ok(Schema { class: Some(class), module: Some(module), version }) => {
            let version = version.map(|version| format!(", written by skops {version}"));
            let version = version.unwrap_or_default();
            facts.summary = format!("skops file of `{module}.{class}`{version}");
        }
        Ok(_) => facts.warnings.push("its schema names no class".into()),
        Err(error) => facts.warnings.push(format!("its schema cannot be read: {error}")),
    }
    Ok(facts)
}

/// The first entries, models first.
fn held(zip: &mut Zip, entries: &[Entry]) -> Vec<Held> {
    let files = entries.iter().enumerate().filter(|(_, entry)| !entry.name.ends_with('/'));
    let mut held: Vec<Held> = Vec::new();
    for (index, entry) in files.take(LISTED) {
        let first = zip.by_index(index).map(|file| head(file, HEAD_BYTES)).unwrap_or_default();
        held.push(Held {
            name: entry.name.clone(),
            bytes: Some(entry.bytes),
            format: format_of(&first, entry.bytes),
        });
    }
    held.sort_by_key(|held| matches!(held.format, Format::Unknown | Format::Empty));
    held
}

/// What the first bytes of a file inside another say it is.
pub(crate) fn format_of(first: &[u8], bytes: u64) -> Format {
    match sniff(first, bytes) {
        Sniffed::Is(format) => format,
        Sniffed::Zip | Sniffed::Tar | Sniffed::Deflated(_) => Format::Archive,
        Sniffed::Compressed(_) => Format::Compressed,
        Sniffed::PerhapsPickle | Sniffed::WebPage | Sniffed::Unknown => Format::Unknown,
    }
}

/// A file of which only so much may be read.
struct Budgeted {
    file: io::BufReader<File>,
    left: Rc<Cell<u64>>,
}

impl Read for Budgeted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("too much to read"));
        }
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.file.read(&mut buffer[..most])?;
        self.left.set(left - count as u64);
        Ok(count)
    }
}

impl Seek for Budgeted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(to) => {
                let now = self.file.stream_position()?;
                // A relative seek keeps what is buffered.
                self.file.seek_relative(to.cast_signed().wrapping_sub(now.cast_signed()))?;
                Ok(to)
            }
            other => self.file.seek(other),
        }
    }
}
