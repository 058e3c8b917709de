//! What a stub has instead of data: types of C++ that can be compared, tables of functions that
//! name themselves, and zeros.

use object::elf;

use super::layout::{Layout, aligned};
use super::write::function_at;

/// How names of C++ begin: of types, of tables of functions, of types' names.
const TYPE: &str = "_ZTI";
const TABLE: &str = "_ZTV";
const NAME: &str = "_ZTS";

/// The place in `__class_type_info`'s own table that pointers to it have.
const BEHIND_TYPE: u64 = 16;

/// All data of a stub.
#[derive(Debug, Default)]
pub(super) struct Data {
    items: Vec<Item>,
    /// Bytes that the file holds.
    pub(super) bytes: u64,
    /// Bytes behind them that it need not hold.
    pub(super) zeros: u64,
}

/// One symbol's data.
#[derive(Debug)]
pub(super) struct Item {
    what: What,
    /// From the beginning of the data, or of the zeros.
    start: u64,
    bytes: u64,
}

#[derive(Debug)]
enum What {
    /// A type of this name, which stands behind it.
    Type(String),
    /// Pointers to the function of this number.
    Table(usize),
    /// Text with a zero behind it.
    Text(String),
    Zeros,
}

impl Item {
    /// Whether a symbol is a type of C++.
    pub(super) fn is_type(name: &str) -> bool {
        name.starts_with(TYPE)
    }

    /// Whether a symbol that is data points to a function.
    pub(super) fn calls(name: &str) -> bool {
        name.starts_with(TABLE)
    }
}

impl Data {
    /// Adds a symbol's; gives its number. `function` is the one that it may point to.
    pub(super) fn add(&mut self, name: &str, bytes: u64, function: usize) -> Option<usize> {
        let (what, bytes, held) = if let Some(of) = name.strip_prefix(TYPE) {
            let bytes = bytes.max(16);
            (What::Type(of.to_owned()), bytes, bytes + of.len() as u64 + 1)
        } else if name.starts_with(TABLE) {
            (What::Table(function), bytes, bytes)
        } else if let Some(of) = name.strip_prefix(NAME) {
            let bytes = bytes.max(of.len() as u64 + 1);
            (What::Text(of.to_owned()), bytes, bytes)
        } else {
            (What::Zeros, bytes, bytes)
        };
        let region = if matches!(what, What::Zeros) { &mut self.zeros } else { &mut self.bytes };
        let start = *region;
        *region = aligned(start.checked_add(held)?);
        self.items.push(Item { what, start, bytes });
        Some(self.items.len() - 1)
    }

    /// Where an item is in memory, and its bytes.
    pub(super) fn place(&self, number: usize, at: &Layout) -> Option<(u64, u64)> {
        let item = self.items.get(number)?;
        Some((item.address(at), item.bytes))
    }

    /// How many places a loader must write.
    pub(super) fn relocations(&self) -> u64 {
        let places = self.items.iter().map(|item| match item.what {
            What::Type(_) => 2,
            What::Table(_) => (item.bytes / 8).saturating_sub(2),
            What::Text(_) | What::Zeros => 0,
        });
        places.sum()
    }

    /// The table of places that a loader must write, and what.
    pub(super) fn relocated(&self, at: &Layout) -> Option<Vec<u8>> {
        let relative = u64::from(elf::R_X86_64_RELATIVE);
        // The class of types is the first symbol when there is any type.
        let class = 1 << 32 | u64::from(elf::R_X86_64_64);
        let mut table = Vec::new();
        for item in &self.items {
            let start = item.address(at);
            let mut entry = |place: u64, what: u64, value: u64| {
                table.extend([place, what, value].into_iter().flat_map(u64::to_le_bytes));
            };
            match item.what {
                What::Type(_) => {
                    entry(start, class, BEHIND_TYPE);
                    entry(start + 8, relative, start + item.bytes);
                }
                What::Table(function) => {
                    for word in 2..item.bytes / 8 {
                        entry(start + 8 * word, relative, function_at(at, function)?);
                    }
                }
                What::Text(_) | What::Zeros => {}
            }
        }
        Some(table)
    }

    /// What the file holds of it.
    pub(super) fn content(&self) -> Option<Vec<u8>> {
        let mut content = vec![0; usize::try_from(self.bytes).ok()?];
        for item in &self.items {
            let (text, start) = match &item.what {
                What::Type(name) => (name, item.start + item.bytes),
                What::Text(name) => (name, item.start),
                What::Table(_) | What::Zeros => continue,
            };
            let start = usize::try_from(start).ok()?;
            content.get_mut(start..start + text.len())?.copy_from_slice(text.as_bytes());
        }
        Some(content)
    }
}

impl Item {
    fn address(&self, at: &Layout) -> u64 {
        match self.what {
            What::Zeros => at.zeros + self.start,
            _ => at.data + self.start,
        }
    }
}
