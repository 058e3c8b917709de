//! Shared libraries without what no loader maps: symbols, debug information, section headers.
//!
//! `strip` moves what it keeps to where its own rules want it, and breaks libraries whose segments
//! another tool has moved before. Here the segments stay whole and in order; between them goes what
//! is not theirs, and each keeps its place within a page. What other tools left at their ends goes
//! too.

use std::ops::Range;

use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Endianness, LittleEndian, U16, U64, pod};

use super::used::{Unwinding, Used};

type Header = FileHeader64<Endianness>;
type Segment = ProgramHeader64<LittleEndian>;

/// No loader maps parts smaller than this.
const PAGE: u64 = 4096;

/// The same library without what is not mapped, or mapped and not used; `None` when that would save
/// nothing, or the file is no library that is understood: of 64 bits, little-endian, its headers in
/// its first segment.
pub fn compact(library: &[u8]) -> Option<Vec<u8>> {
    compact_with(library, Unwinding::Kept)
}

/// As [`compact`], with or without the tables by which errors are thrown through it.
pub(crate) fn compact_with(library: &[u8], unwinding: Unwinding) -> Option<Vec<u8>> {
    let header = Header::parse(library).ok()?;
    let endian = header.endian().ok()?;
    if !header.is_little_endian() {
        return None;
    }
    let mut trimmed = library.to_vec();
    if let Some(used) = Used::of(library, unwinding) {
        trim(&mut trimmed, &used, header.e_phoff(endian), unwinding)?;
    }
    place(&trimmed)
}

/// Ends each segment behind the last of it that is used.
fn trim(library: &mut [u8], used: &Used, table: u64, unwinding: Unwinding) -> Option<()> {
    let count = Header::parse(&*library).ok()?.e_phnum(Endianness::Little);
    let table = library.get_mut(usize::try_from(table).ok()?..)?;
    let (segments, _) = pod::slice_from_bytes_mut::<Segment>(table, usize::from(count)).ok()?;
    for segment in segments {
        let kind = segment.p_type.get(LittleEndian);
        if unwinding == Unwinding::Dropped && kind == elf::PT_GNU_EH_FRAME {
            clear(segment);
        }
        let bytes = segment.p_filesz.get(LittleEndian);
        // Behind the end of others zeros begin in memory, which must stay where they are.
        if kind != elf::PT_LOAD || bytes == 0 || segment.p_memsz.get(LittleEndian) != bytes {
            continue;
        }
        match used.bytes(&range(segment.p_offset.get(LittleEndian), bytes)?) {
            0 => clear(segment),
            bytes => {
                segment.p_filesz = U64::new(LittleEndian, bytes);
                segment.p_memsz = U64::new(LittleEndian, bytes);
            }
        }
    }
    Some(())
}

/// Makes a segment none.
fn clear(segment: &mut Segment) {
    segment.p_type = object::U32::new(LittleEndian, elf::PT_NULL);
    segment.p_offset = U64::new(LittleEndian, 0);
    segment.p_filesz = U64::new(LittleEndian, 0);
    segment.p_memsz = U64::new(LittleEndian, 0);
}

/// Puts the segments one behind the other.
fn place(library: &[u8]) -> Option<Vec<u8>> {
    let header = Header::parse(library).ok()?;
    let endian = header.endian().ok()?;
    let table = header.e_phoff(endian);
    let segments = header.program_headers(endian, library).ok()?;
    let count = segments.len();
    let mut loaded: Vec<Loaded> = Vec::new();
    let mut ordered: Vec<_> = segments
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD && segment.p_filesz(endian) > 0)
        .collect();
    ordered.sort_by_key(|segment| segment.p_offset(endian));
    let mut end = 0;
    for segment in ordered {
        let from = range(segment.p_offset(endian), segment.p_filesz(endian))?;
        let align = segment.p_align(endian).max(PAGE);
        if !align.is_power_of_two() {
            return None;
        }
        let shift = match loaded.last() {
            None if from.start > 0 => return None,
            None => 0,
            // What two segments share is moved once.
            Some(last) if from.start < last.from.end => last.shift,
            Some(_) => from.start - placed(end, from.start, align)?,
        };
        end = end.max(from.end - shift);
        loaded.push(Loaded { from, shift });
    }
    let total = usize::try_from(end).ok()?;
    if loaded.is_empty() || total >= library.len() {
        return None;
    }
    let mut out = vec![0; total];
    for Loaded { from, shift } in &loaded {
        let bytes = library.get(usize_range(from)?)?;
        out.get_mut(usize_range(&(from.start - shift..from.end - shift))?)?.copy_from_slice(bytes);
    }
    move_segments(&mut out, &loaded, table, count)?;
    drop_sections(&mut out)?;
    (Header::parse(&*out).is_ok()).then_some(out)
}

/// A part of the file that is mapped, and how much nearer to the start it comes.
struct Loaded {
    from: Range<u64>,
    shift: u64,
}

/// The first place at or behind `end` that is as far into a page as `start`, and not behind it.
fn placed(end: u64, start: u64, align: u64) -> Option<u64> {
    let place = (end - end % align).checked_add(start % align)?;
    let place = if place < end { place.checked_add(align)? } else { place };
    Some(place.min(start))
}

/// Writes into each segment's header where it is now.
fn move_segments(out: &mut [u8], loaded: &[Loaded], table: u64, count: usize) -> Option<()> {
    let place = usize::try_from(table).ok()?;
    // The table is in the first segment, which does not move.
    let (segments, _) = pod::slice_from_bytes_mut::<Segment>(out.get_mut(place..)?, count).ok()?;
    for segment in segments {
        let (offset, size) =
            (segment.p_offset.get(LittleEndian), segment.p_filesz.get(LittleEndian));
        let part = range(offset, size)?;
        let holder =
            loaded.iter().find(|one| one.from.start <= part.start && part.end <= one.from.end);
        match (holder, segment.p_type.get(LittleEndian)) {
            (Some(holder), _) => segment.p_offset = U64::new(LittleEndian, offset - holder.shift),
            (None, _) if size == 0 => segment.p_offset = U64::new(LittleEndian, 0),
            // Nothing that is read while loading.
            (None, elf::PT_NOTE) => clear(segment),
            (None, _) => return None,
        }
        let align = segment.p_align.get(LittleEndian);
        let moved = segment.p_offset.get(LittleEndian);
        let is_loaded = segment.p_type.get(LittleEndian) == elf::PT_LOAD && size > 0;
        // What glibc checks before it maps.
        if is_loaded
            && align > 1
            && segment.p_vaddr.get(LittleEndian).wrapping_sub(moved) & (align - 1) != 0
        {
            return None;
        }
    }
    Some(())
}

/// Says that there are no sections.
fn drop_sections(out: &mut [u8]) -> Option<()> {
    let (header, _) = pod::from_bytes_mut::<FileHeader64<LittleEndian>>(out).ok()?;
    header.e_shoff = U64::new(LittleEndian, 0);
    header.e_shentsize = U16::new(LittleEndian, 0);
    header.e_shnum = U16::new(LittleEndian, 0);
    header.e_shstrndx = U16::new(LittleEndian, 0);
    Some(())
}

fn range(start: u64, length: u64) -> Option<Range<u64>> {
    Some(start..start.checked_add(length)?)
}

fn usize_range(range: &Range<u64>) -> Option<Range<usize>> {
    Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}
