//! What a shared library asks of others: their names, and the versions of the C library's symbols.
//! Read as the loader reads it, through the segments, so that it is found in compacted ones too.

use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};
use object::{Endianness, LittleEndian, U16, U32, pod};

use crate::platform::Glibc;

type Header = FileHeader64<Endianness>;

/// What a library asks of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dynamic {
    /// File names of the libraries that it needs.
    pub(crate) needed: Vec<String>,
    /// The newest version of the C library that a symbol of it asks for.
    pub(crate) glibc: Option<Glibc>,
}

/// One needed library's versions: a header of the format, then its entries.
const VERSIONS: usize = 16;

impl Dynamic {
    /// Reads a library; `None` when it is no library of 64 bits, or is damaged.
    pub(crate) fn read(library: &[u8]) -> Option<Self> {
        let header = Header::parse(library).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, library).ok()?;
        let entries =
            segments.iter().find_map(|one| one.dynamic(endian, library).ok().flatten())?;
        let value = |tag: u32| {
            let entry = entries.iter().find(|entry| entry.tag32(endian) == Some(tag));
            entry.map(|entry| entry.d_val(endian))
        };
        // Where the bytes at an address of memory are in the file.
        let place = |address: u64| {
            let holder = segments.iter().find(|one| {
                let start = one.p_vaddr(endian);
                one.p_type(endian) == elf::PT_LOAD
                    && address >= start
                    && address - start < one.p_filesz(endian)
            })?;
            usize::try_from(address - holder.p_vaddr(endian) + holder.p_offset(endian)).ok()
        };
        let names = library.get(place(value(elf::DT_STRTAB)?)?..)?;
        let name = |offset: u64| {
            let bytes = names.get(usize::try_from(offset).ok()?..)?;
            let end = bytes.iter().position(|byte| *byte == 0)?;
            Some(String::from_utf8_lossy(bytes.get(..end)?).into_owned())
        };
        let needed = entries.iter().filter(|entry| entry.tag32(endian) == Some(elf::DT_NEEDED));
        let needed = needed.filter_map(|entry| name(entry.d_val(endian))).collect();
        let versions = value(elf::DT_VERNEED).and_then(place);
        let glibc = versions.and_then(|start| newest(library, start, &name));
        Some(Self { needed, glibc })
    }
}

/// The newest version of the C library in the list that begins at `start`.
fn newest(library: &[u8], start: usize, name: &impl Fn(u64) -> Option<String>) -> Option<Glibc> {
    let mut newest = None;
    let mut at = start;
    loop {
        let of_library = library.get(at..at.checked_add(VERSIONS)?)?;
        let count = short(of_library, 2)?;
        let mut entry = at.checked_add(long(of_library, 8)?)?;
        for _ in 0..count {
            let version = library.get(entry..entry.checked_add(VERSIONS)?)?;
            let text = name(long(version, 8)?.try_into().ok()?);
            newest = newest.max(text.as_deref().and_then(glibc));
            entry = entry.checked_add(long(version, 12)?)?;
        }
        match long(of_library, 12)? {
            0 => return newest,
            next => at = at.checked_add(next)?,
        }
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let (number, _) = pod::from_bytes::<U16<LittleEndian>>(bytes.get(at..)?).ok()?;
    Some(number.get(LittleEndian))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let (number, _) = pod::from_bytes::<U32<LittleEndian>>(bytes.get(at..)?).ok()?;
    number.get(LittleEndian).try_into().ok()
}

/// `GLIBC_2.28`.
fn glibc(version: &str) -> Option<Glibc> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    Some(Glibc { major: number()?, minor: number()? })
}
