//! Which bytes of a library's segments anything refers to. Tools that move tables (patchelf) leave
//! the old ones behind, mapped and unused; sections say where what is used lies.

use std::ops::Range;

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};

type Header = FileHeader64<Endianness>;

/// Whether a library keeps the tables by which an error is thrown through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwinding {
    /// Yes.
    Kept,
    /// No: it calls nobody who throws.
    Dropped,
}

/// The sections of those tables.
const UNWINDING: [&[u8]; 2] = [b".eh_frame_hdr", b".eh_frame"];

/// Places in the file that are used, as sections and headers say.
#[derive(Debug)]
pub(super) struct Used(Vec<Range<u64>>);

impl Used {
    /// Reads a library; `None` when it says nothing about its parts, so that all may be used.
    pub(super) fn of(library: &[u8], unwinding: Unwinding) -> Option<Self> {
        let header = Header::parse(library).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, library).ok()?;
        let table = header.e_phoff(endian);
        let segments = header.program_headers(endian, library).ok()?;
        let bytes = u64::from(header.e_phentsize(endian)) * u64::try_from(segments.len()).ok()?;
        // The file's own header is 64 bytes.
        let mut used = vec![0..64, table..table.checked_add(bytes)?];
        for section in sections.iter() {
            let is_mapped = section.sh_flags(endian) & u64::from(elf::SHF_ALLOC) != 0
                && section.sh_type(endian) != elf::SHT_NOBITS;
            let name = sections.section_name(endian, section).ok()?;
            if is_mapped && !(unwinding == Unwinding::Dropped && UNWINDING.contains(&name)) {
                used.push(range(section.sh_offset(endian), section.sh_size(endian))?);
            }
        }
        if used.len() < 3 {
            return None;
        }
        for segment in segments {
            let kind = segment.p_type(endian);
            let is_dropped = unwinding == Unwinding::Dropped && kind == elf::PT_GNU_EH_FRAME;
            if kind != elf::PT_LOAD && kind != elf::PT_NULL && !is_dropped {
                used.push(range(segment.p_offset(endian), segment.p_filesz(endian))?);
            }
        }
        Some(Self(used))
    }

    /// Bytes of a part of the file up to the last that is used.
    pub(super) fn bytes(&self, part: &Range<u64>) -> u64 {
        let inside = self.0.iter().filter(|one| one.start < part.end && one.end > part.start);
        let last = inside.map(|one| one.end.min(part.end)).max().unwrap_or(part.start);
        last - part.start
    }
}

fn range(start: u64, length: u64) -> Option<Range<u64>> {
    Some(start..start.checked_add(length)?)
}
