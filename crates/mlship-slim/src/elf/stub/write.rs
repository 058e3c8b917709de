//! The bytes of a stub.

use object::elf;

use super::code::{self, FUNCTION, Text};
use super::data::{Data, Item};
use super::layout::{HEADER, Layout, PAGE, Part, SEGMENT, SEGMENTS, Sizes};
use super::tables::{Strings, definitions, hashes};
use super::{Kind, Standin};

/// What the functions say before and behind their names.
const BEFORE: &str = "[mlship] pruned native symbol ";

/// The library of C++ that knows what a type is, and its class of types without bases.
const CXX: &str = "libstdc++.so.6";
const CLASS: &str = "_ZTVN10__cxxabiv117__class_type_infoE";

/// The bytes of a stub for `x86_64`; `None` when it would be too large for the format's fields.
pub(crate) fn stub(standin: &Standin) -> Option<Vec<u8>> {
    let mut strings = Strings::new();
    let mut symbols = vec![Symbol { name: "", version: 1, place: Place::None }];
    let mut functions: Vec<&str> = Vec::new();
    let mut data = Data::default();
    if standin.symbols.iter().any(|symbol| Item::is_type(&symbol.name)) {
        symbols.push(Symbol { name: CLASS, version: 0, place: Place::Elsewhere });
    }
    for symbol in &standin.symbols {
        let place = match symbol.kind {
            Kind::Function => Place::Code(functions.len()),
            Kind::Data(bytes) => Place::Data(data.add(&symbol.name, bytes, functions.len())?),
        };
        if symbol.kind == Kind::Function || Item::calls(&symbol.name) {
            functions.push(&symbol.name);
        }
        let asked = symbol.version.as_ref();
        let found = asked.and_then(|asked| standin.versions.iter().position(|one| one == asked));
        // Index 1 is of what has no version; the versions come behind it.
        let version = u16::try_from(found.map_or(1, |found| found + 2)).ok()?;
        symbols.push(Symbol { name: &symbol.name, version, place });
    }
    let names: Vec<u32> =
        symbols.iter().map(|symbol| strings.place(symbol.name)).collect::<Option<_>>()?;
    let mut needed = None;
    if symbols.get(1).is_some_and(|first| first.name == CLASS) {
        needed = Some(strings.place(CXX)?);
    }
    let soname = strings.place(&standin.soname)?;
    let versions = match standin.versions.is_empty() {
        true => Vec::new(),
        false => definitions(&standin.soname, &standin.versions, &mut strings)?,
    };
    let behind = format!(" of {} was called\n", standin.soname);
    let hashes = hashes(&symbols.iter().map(|symbol| symbol.name).collect::<Vec<_>>())?;
    let sizes = Sizes {
        hashes: long(hashes.len())?,
        symbols: 24 * long(symbols.len())?,
        strings: long(strings.bytes.len())?,
        indices: 2 * long(symbols.len())?,
        definitions: long(versions.len())?,
        relocations: 24 * data.relocations(),
        texts: long(BEFORE.len() + behind.len())?,
        // What all functions go on with is behind the last of them.
        code: long(FUNCTION)? * long(functions.len())? + 128,
        dynamic: 16 * 16,
        data: data.bytes,
        zeros: data.zeros,
    };
    let at = Layout::of(&sizes);
    let mut file = File { bytes: Vec::new() };
    header(&mut file, &at, &sizes);
    file.put(at.read, at.hashes, &hashes)?;
    let indices: Vec<u8> = symbols.iter().flat_map(|one| one.version.to_le_bytes()).collect();
    file.put(at.read, at.indices, &indices)?;
    file.put(at.read, at.strings, &strings.bytes)?;
    file.put(at.read, at.definitions, &versions)?;
    file.put(at.read, at.texts, &[BEFORE.as_bytes(), behind.as_bytes()].concat())?;
    let mut table = Vec::new();
    for (symbol, name) in symbols.iter().zip(&names) {
        table.extend(symbol.entry(*name, &at, &data)?);
    }
    file.put(at.read, at.symbols, &table)?;
    file.put(at.read, at.relocations, &data.relocated(&at)?)?;
    file.put(at.run, at.run.address, &machine(&functions, &at, &mut strings, behind.len())?)?;
    let entries = dynamic(&at, &sizes, [Some(soname), needed], standin.versions.len());
    file.put(at.write, at.dynamic, &entries)?;
    file.put(at.write, at.data, &data.content()?)?;
    Some(file.bytes)
}

/// A symbol of the stub.
struct Symbol<'a> {
    name: &'a str,
    version: u16,
    place: Place,
}

/// Where a symbol is.
enum Place {
    None,
    /// In another library.
    Elsewhere,
    /// The function of this number.
    Code(usize),
    /// The item of this number.
    Data(usize),
}

impl Symbol<'_> {
    /// Its entry in the table of symbols.
    fn entry(&self, name: u32, at: &Layout, data: &Data) -> Option<Vec<u8>> {
        let global = elf::STB_GLOBAL << 4;
        let (about, section, value, bytes) = match self.place {
            Place::None => (0, 0, 0, 0),
            Place::Elsewhere => (global | elf::STT_OBJECT, 0, 0, 0),
            Place::Code(number) => {
                (global | elf::STT_FUNC, 1, function_at(at, number)?, long(FUNCTION)?)
            }
            Place::Data(number) => {
                let (place, bytes) = data.place(number, at)?;
                (global | elf::STT_OBJECT, 1, place, bytes)
            }
        };
        let mut entry = name.to_le_bytes().to_vec();
        entry.extend([about, 0]);
        entry.extend(u16::to_le_bytes(section));
        entry.extend(value.to_le_bytes());
        entry.extend(bytes.to_le_bytes());
        Some(entry)
    }
}

/// Where a function is in memory.
pub(super) fn function_at(at: &Layout, number: usize) -> Option<u64> {
    Some(at.run.address + long(FUNCTION)? * long(number)?)
}

/// All functions, and what they go on with.
fn machine(
    functions: &[&str],
    at: &Layout,
    strings: &mut Strings,
    behind: usize,
) -> Option<Vec<u8>> {
    let end = function_at(at, functions.len())?;
    let mut bytes = Vec::new();
    for (number, name) in functions.iter().enumerate() {
        let place = at.strings + u64::from(strings.place(name)?);
        let name = Text { at: place, length: u32::try_from(name.len()).ok()? };
        bytes.extend(code::function(function_at(at, number)?, name, end)?);
    }
    let before = Text { at: at.texts, length: u32::try_from(BEFORE.len()).ok()? };
    let place = at.texts + long(BEFORE.len())?;
    bytes.extend(code::end(end, before, Text { at: place, length: u32::try_from(behind).ok()? })?);
    Some(bytes)
}

/// The table that a loader begins with.
fn dynamic(
    at: &Layout,
    sizes: &Sizes,
    [soname, needed]: [Option<u32>; 2],
    versions: usize,
) -> Vec<u8> {
    let mut entries: Vec<(u32, u64)> = Vec::new();
    let name = |tag, name: Option<u32>| name.map(|name| (tag, u64::from(name)));
    entries.extend(name(elf::DT_NEEDED, needed));
    entries.extend(name(elf::DT_SONAME, soname));
    entries.extend([
        (elf::DT_HASH, at.hashes),
        (elf::DT_STRTAB, at.strings),
        (elf::DT_SYMTAB, at.symbols),
        (elf::DT_STRSZ, sizes.strings),
        (elf::DT_SYMENT, 24),
    ]);
    if sizes.relocations > 0 {
        let table = [
            (elf::DT_RELA, at.relocations),
            (elf::DT_RELASZ, sizes.relocations),
            (elf::DT_RELAENT, 24),
        ];
        entries.extend(table);
    }
    if versions > 0 {
        let count = versions as u64 + 1;
        let table = [
            (elf::DT_VERSYM, at.indices),
            (elf::DT_VERDEF, at.definitions),
            (elf::DT_VERDEFNUM, count),
        ];
        entries.extend(table);
    }
    entries.push((elf::DT_NULL, 0));
    entries
        .iter()
        .flat_map(|(tag, value)| [u64::from(*tag), *value])
        .flat_map(u64::to_le_bytes)
        .collect()
}

/// The file's header and its segments'.
fn header(file: &mut File, at: &Layout, sizes: &Sizes) {
    let bytes = &mut file.bytes;
    bytes.extend(elf::ELFMAG);
    bytes.extend([elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EV_CURRENT, 0]);
    bytes.extend([0; 8]);
    bytes.extend(elf::ET_DYN.to_le_bytes());
    bytes.extend(elf::EM_X86_64.to_le_bytes());
    bytes.extend(u32::from(elf::EV_CURRENT).to_le_bytes());
    // No entry; segments behind this header; no sections.
    bytes.extend([0, HEADER, 0].into_iter().flat_map(u64::to_le_bytes));
    bytes.extend(0_u32.to_le_bytes());
    let shorts = [HEADER as u16, SEGMENT as u16, SEGMENTS as u16, 64, 0, 0];
    bytes.extend(shorts.into_iter().flat_map(u16::to_le_bytes));
    let zeros = at.zeros + sizes.zeros - at.write.address;
    let dynamic = Part { bytes: sizes.dynamic, ..at.write };
    let read_write = elf::PF_R | elf::PF_W;
    for (kind, flags, part, memory, align) in [
        (elf::PT_LOAD, elf::PF_R, at.read, at.read.bytes, PAGE),
        (elf::PT_LOAD, elf::PF_R | elf::PF_X, at.run, at.run.bytes, PAGE),
        (elf::PT_LOAD, read_write, at.write, zeros.max(at.write.bytes), PAGE),
        (elf::PT_DYNAMIC, read_write, dynamic, dynamic.bytes, 8),
        (elf::PT_GNU_STACK, read_write, Part::default(), 0, 16),
    ] {
        bytes.extend([kind, flags].into_iter().flat_map(u32::to_le_bytes));
        let longs = [part.offset, part.address, part.address, part.bytes, memory, align];
        bytes.extend(longs.into_iter().flat_map(u64::to_le_bytes));
    }
}

/// A file that is written part by part.
struct File {
    bytes: Vec<u8>,
}

impl File {
    /// Writes what is at an address of a part.
    fn put(&mut self, part: Part, address: u64, bytes: &[u8]) -> Option<()> {
        let start = usize::try_from(address - part.address + part.offset).ok()?;
        let end = start.checked_add(bytes.len())?;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(start..end)?.copy_from_slice(bytes);
        Some(())
    }
}

fn long(number: usize) -> Option<u64> {
    u64::try_from(number).ok()
}
