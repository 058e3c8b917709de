//! The tables of a library by which a loader finds symbols: names, hashes, versions.

use std::collections::{BTreeMap, BTreeSet};

/// Names one behind the other, each ended by a zero, and where each is.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) bytes: Vec<u8>,
    places: BTreeMap<String, u32>,
}

impl Strings {
    /// An empty table; its first name is the empty one, as the format wants.
    pub(super) fn new() -> Self {
        Self { bytes: vec![0], places: BTreeMap::new() }
    }

    /// Where a name is; it is put in when it is not there yet.
    pub(super) fn place(&mut self, name: &str) -> Option<u32> {
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        let place = u32::try_from(self.bytes.len()).ok()?;
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.places.insert(name.to_owned(), place);
        Some(place)
    }
}

/// The hash of the System V format, which every loader knows.
pub(super) fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash: u32, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ (high >> 24)) & !high
    })
}

/// The table of hashes: of all symbols in order, the first of which is none.
pub(super) fn hashes(names: &[&str]) -> Option<Vec<u8>> {
    let count = u32::try_from(names.len()).ok()?;
    let buckets = (count / 2).max(1);
    let mut first = vec![0_u32; usize::try_from(buckets).ok()?];
    let mut next = vec![0_u32; names.len()];
    for (index, name) in (0_u32..).zip(names).skip(1) {
        let bucket = first.get_mut(usize::try_from(hash(name) % buckets).ok()?)?;
        *next.get_mut(usize::try_from(index).ok()?)? = *bucket;
        *bucket = index;
    }
    let words = [buckets, count].into_iter().chain(first).chain(next);
    Some(words.flat_map(u32::to_le_bytes).collect())
}

/// Bytes of one version's definition.
const DEFINITION: u32 = 28;

/// The definitions of versions: the library's own name first, then each from index 2 on.
pub(super) fn definitions(
    soname: &str,
    versions: &BTreeSet<String>,
    strings: &mut Strings,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let last = versions.len();
    let names = std::iter::once(soname).chain(versions.iter().map(String::as_str));
    for (position, name) in names.enumerate() {
        let index = u16::try_from(position + 1).ok()?;
        // The format's own version, whether it is the library itself, index, one name.
        for short in [1, u16::from(position == 0), index, 1] {
            bytes.extend(short.to_le_bytes());
        }
        let next = if position == last { 0 } else { DEFINITION };
        for long in [hash(name), 20, next, strings.place(name)?, 0] {
            bytes.extend(long.to_le_bytes());
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_format() {
        // As `object` and the format's own text have them.
        assert_eq!(hash(""), 0);
        for name in ["printf", "exit", "_ZTVN10__cxxabiv117__class_type_infoE"] {
            assert_eq!(hash(name), object::elf::hash(name.as_bytes()));
        }
    }
}
