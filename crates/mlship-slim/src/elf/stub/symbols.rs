//! What a library exports, what it imports, and of which version. Read through the sections, so of
//! libraries as they were installed.

use std::collections::{BTreeMap, BTreeSet};

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader as _, SectionTable, Sym as _, VersionTable};
use object::{Endianness, SymbolIndex};

type Header = FileHeader64<Endianness>;

/// A symbol that others can import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) kind: Kind,
}

/// What a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Something to call.
    Function,
    /// So many bytes.
    Data(u64),
}

/// A symbol that a library needs another to have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) name: String,
    /// Its version, and the name of the library that must have it.
    pub(crate) version: Option<(String, String)>,
}

/// A library's symbols.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Symbols {
    pub(crate) exports: BTreeSet<Export>,
    pub(crate) imports: BTreeSet<Import>,
    /// The versions that it asks of other libraries, by their names.
    pub(crate) asks: BTreeMap<String, BTreeSet<String>>,
    /// Whether something of it is one for each thread, which no stub can be.
    pub(crate) is_thread_local: bool,
    /// Whether it is for the processor that stubs are written for.
    pub(crate) is_x86_64: bool,
}

impl Symbols {
    /// Reads a library; `None` when it is none, or says too little about itself.
    pub(crate) fn read(library: &[u8]) -> Option<Self> {
        let header = Header::parse(library).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, library).ok()?;
        let table = sections.symbols(endian, library, elf::SHT_DYNSYM).ok()?;
        if table.is_empty() {
            return None;
        }
        let versions = sections.versions(endian, library).ok()?.unwrap_or_default();
        let is_x86_64 = header.e_machine(endian) == elf::EM_X86_64;
        let asks = asks(&sections, endian, library)?;
        let mut symbols = Self { asks, is_x86_64, ..Self::default() };
        for (index, symbol) in table.enumerate() {
            let name = text(table.symbol_name(endian, symbol).ok()?)?;
            if name.is_empty() || symbol.st_bind() == elf::STB_LOCAL {
                continue;
            }
            let version = version(&versions, endian, index)?;
            if symbol.is_undefined(endian) {
                let version = version.and_then(|(name, file)| Some((name, file?)));
                symbols.imports.insert(Import { name, version });
                continue;
            }
            let version = version.map(|(name, _)| name);
            let kind = match symbol.st_type() {
                elf::STT_FUNC | elf::STT_GNU_IFUNC => Kind::Function,
                elf::STT_TLS => {
                    symbols.is_thread_local = true;
                    continue;
                }
                _ => Kind::Data(symbol.st_size(endian)),
            };
            symbols.exports.insert(Export { name, version, kind });
        }
        Some(symbols)
    }

    /// What it exports by a name, in all versions.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Export> {
        let first = Export { name: name.to_owned(), version: None, kind: Kind::Function };
        let name = first.name.clone();
        self.exports.range(first..).take_while(move |export| export.name == name)
    }
}

/// The version of a symbol, and for one that is imported the library that must have it.
fn version(
    versions: &VersionTable<'_, Header>,
    endian: Endianness,
    index: SymbolIndex,
) -> Option<Option<(String, Option<String>)>> {
    let found = versions.version(versions.version_index(endian, index)).ok()?;
    let Some(version) = found else { return Some(None) };
    let file = match version.file() {
        Some(file) => Some(text(file)?),
        None => None,
    };
    Some(Some((text(version.name())?, file)))
}

/// The versions that a library asks of others.
fn asks(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    library: &[u8],
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let mut asks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let Some((mut libraries, link)) = sections.gnu_verneed(endian, library).ok()? else {
        return Some(asks);
    };
    let names = sections.strings(endian, library, link).ok()?;
    while let Some((of, mut versions)) = libraries.next().ok()? {
        let of = asks.entry(text(of.file(endian, names).ok()?)?).or_default();
        while let Some(version) = versions.next().ok()? {
            of.insert(text(version.name(endian, names).ok()?)?);
        }
    }
    Some(asks)
}

fn text(name: &[u8]) -> Option<String> {
    String::from_utf8(name.to_vec()).ok()
}
