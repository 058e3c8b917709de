//! Where the files of a foreign tar are: names, places, lengths. Keeps no contents, and no more
//! than a bound of names, whatever the tar says of itself.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use tar::{EntryType, Header, PaxExtensions};

/// The most entries that are kept; an image has some four for each layer.
const MOST_ENTRIES: usize = 1 << 13;

/// The longest name, in bytes: Docker's are of some 80.
const LONGEST_NAME: usize = 1024;

/// The longest extended header (a long name, or PAX records), in bytes.
const LONGEST_EXTENSION: u64 = 1 << 16;

/// How many links are followed from one name.
const MOST_LINKS: usize = 8;

const BLOCK: u64 = 512;

/// The files of a tar.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<String, Found>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    File(Place),
    /// A link to another name, from the tar's top.
    Link(String),
}

/// Where a file's bytes are in the tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

/// What stands before an entry and changes what its header says.
#[derive(Default)]
struct Extended {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

/// Looks through a tar of `length` bytes.
pub(super) fn walk(tape: &mut (impl Read + Seek), length: u64) -> Result<Files, String> {
    let mut files = Files::default();
    let mut extended = Extended::default();
    let mut at = 0;
    while at + BLOCK <= length {
        let Some(header) = header(tape, at)? else { break };
        let offset = at + BLOCK;
        let size = header.entry_size().map_err(|error| error.to_string())?;
        let kind = header.entry_type();
        let extends =
            kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink();
        let size = if extends { size } else { extended.size.take().unwrap_or(size) };
        let end = offset.checked_add(size).filter(|end| *end <= length);
        let end = end.ok_or_else(|| format!("it ends within an entry of {size} bytes"))?;
        if extends {
            extended.read(kind, &bytes(tape, Place { offset, bytes: size }, LONGEST_EXTENSION)?)?;
        } else if !kind.is_pax_global_extensions() {
            let place = Place { offset, bytes: size };
            files.add(&header, std::mem::take(&mut extended), place)?;
        }
        at = end.next_multiple_of(BLOCK);
    }
    Ok(files)
}

/// The bytes at a place, when they are at most `most` long.
pub(super) fn bytes(
    tape: &mut (impl Read + Seek),
    place: Place,
    most: u64,
) -> Result<Vec<u8>, String> {
    if place.bytes > most {
        return Err(format!("an entry has {} bytes, and at most {most} are read", place.bytes));
    }
    let mut bytes = Vec::new();
    tape.seek(SeekFrom::Start(place.offset))
        .and_then(|_| tape.take(place.bytes).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The header at a place; `None` at the tar's end.
fn header(tape: &mut (impl Read + Seek), at: u64) -> Result<Option<Header>, String> {
    let mut header = Header::new_old();
    let read: io::Result<()> =
        tape.seek(SeekFrom::Start(at)).and_then(|_| tape.read_exact(header.as_mut_bytes()));
    read.map_err(|error| error.to_string())?;
    let block = header.as_bytes();
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    // The sum is over the header with blanks where the sum stands.
    let sum: u32 = block[..148].iter().chain(&block[156..]).map(|byte| u32::from(*byte)).sum();
    match header.cksum() {
        Ok(said) if said == sum + 8 * u32::from(b' ') => Ok(Some(header)),
        _ => Err(format!("there is no tar header at byte {at}")),
    }
}

impl Extended {
    fn read(&mut self, kind: EntryType, bytes: &[u8]) -> Result<(), String> {
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8(bytes[..end].to_vec()).map_err(|_| "a name is not UTF-8".to_owned())
        };
        if kind.is_gnu_longname() {
            self.path = Some(text(bytes)?);
        } else if kind.is_gnu_longlink() {
            self.link = Some(text(bytes)?);
        } else {
            for record in PaxExtensions::new(bytes) {
                let record = record.map_err(|error| error.to_string())?;
                match record.key_bytes() {
                    b"path" => self.path = Some(text(record.value_bytes())?),
                    b"linkpath" => self.link = Some(text(record.value_bytes())?),
                    b"size" => {
                        let size = text(record.value_bytes())?;
                        let size = size.parse().map_err(|_| format!("`{size}` is no size"))?;
                        self.size = Some(size);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl Files {
    /// Where the file of this name is, through links.
    pub(super) fn find(&self, name: &str) -> Result<Place, String> {
        let mut at = plain(name)?;
        for _ in 0..MOST_LINKS {
            match self.0.get(&at) {
                Some(Found::File(place)) => return Ok(*place),
                Some(Found::Link(to)) => at.clone_from(to),
                None => return Err(format!("`{name}` is missing")),
            }
        }
        Err(format!("`{name}` is a link that leads nowhere"))
    }

    fn add(&mut self, header: &Header, extended: Extended, place: Place) -> Result<(), String> {
        let own = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let path = extended.path.unwrap_or_else(|| own(&header.path_bytes()));
        let link = || {
            let own = header.link_name_bytes().map(|bytes| own(&bytes));
            extended.link.or(own).ok_or_else(|| format!("`{path}` is a link to nothing"))
        };
        let found = match header.entry_type() {
            EntryType::Regular | EntryType::Continuous => Found::File(place),
            EntryType::Symlink => {
                let around = path.rsplit_once('/').map_or("", |(around, _)| around);
                let to = link()?;
                if to.starts_with('/') {
                    return Err(format!("`{path}` is a link to `{to}`, which is outside"));
                }
                Found::Link(plain(&format!("{around}/{to}"))?)
            }
            EntryType::Link => Found::Link(plain(&link()?)?),
            _ => return plain(&path).map(drop),
        };
        if self.0.len() >= MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} files"));
        }
        self.0.insert(plain(&path)?, found);
        Ok(())
    }
}

/// A path from the tar's top, without dots.
fn plain(path: &str) -> Result<String, String> {
    if path.len() > LONGEST_NAME {
        return Err(format!("a name in it is longer than {LONGEST_NAME} bytes"));
    }
    let outside = || format!("`{path}` leads out of it");
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop().ok_or_else(outside)?),
            name => names.push(name),
        }
    }
    Ok(names.join("/"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tar::Builder;

    use super::*;

    #[test]
    fn names_and_lengths_beyond_a_header_are_found() {
        let mut builder = Builder::new(Vec::new());
        let long = format!("{}/layer.tar", "folder/".repeat(40));
        let mut header = Header::new_gnu();
        header.set_size(3);
        builder.append_data(&mut header.clone(), &long, &b"gnu"[..]).unwrap();
        let records = [("path", &b"pax/layer.tar"[..]), ("mtime", b"1.5"), ("size", b"3")];
        builder.append_pax_extensions(records).unwrap();
        header.set_path("short").unwrap();
        header.set_size(0);
        header.set_cksum();
        // Its own header has no length, as when it is longer than octal digits can say.
        builder.append(&header, &b"pax"[..]).unwrap();
        builder.append_link(&mut link(), "link.tar", "pax/layer.tar").unwrap();
        let tape = builder.into_inner().unwrap();
        let length = tape.len() as u64;
        let mut tape = Cursor::new(tape);
        let files = walk(&mut tape, length).unwrap();
        let mut read = |name: &str| bytes(&mut tape, files.find(name).unwrap(), 3).unwrap();
        assert_eq!(read(&long), b"gnu");
        assert_eq!(read("pax/layer.tar"), b"pax");
        assert_eq!(read("./link.tar"), b"pax");
        assert!(files.find("short").unwrap_err().contains("missing"));
    }

    #[test]
    fn dots_go_and_what_leads_out_is_refused() {
        assert_eq!(plain("./a//b/../c").unwrap(), "a/c");
        assert!(plain("a/../../b").is_err());
        assert!(plain(&"x".repeat(LONGEST_NAME + 1)).is_err());
    }

    fn link() -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Link);
        header.set_size(0);
        header
    }
}
