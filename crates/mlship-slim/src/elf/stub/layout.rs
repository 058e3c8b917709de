//! Where the parts of a stub are, in the file and in memory.

/// What a loader maps together. Each begins in memory on a page of its own; in the file they are
/// one behind the other, so a page of it may be mapped twice.
pub(super) const PAGE: u64 = 0x1000;

/// Bytes of the file's header, and of one segment's.
pub(super) const HEADER: u64 = 64;
pub(super) const SEGMENT: u64 = 56;

/// Headers of segments: three to map, the dynamic table, the stack's.
pub(super) const SEGMENTS: u64 = 5;

/// Bytes of each part.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sizes {
    pub(super) hashes: u64,
    pub(super) symbols: u64,
    pub(super) strings: u64,
    pub(super) indices: u64,
    pub(super) definitions: u64,
    pub(super) relocations: u64,
    pub(super) texts: u64,
    pub(super) code: u64,
    pub(super) dynamic: u64,
    pub(super) data: u64,
    /// Zeros behind the data, which the file does not hold.
    pub(super) zeros: u64,
}

/// A part of the file that is mapped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) bytes: u64,
}

/// Where everything is: addresses in memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layout {
    pub(super) read: Part,
    pub(super) run: Part,
    pub(super) write: Part,
    pub(super) hashes: u64,
    pub(super) symbols: u64,
    pub(super) strings: u64,
    pub(super) indices: u64,
    pub(super) definitions: u64,
    pub(super) relocations: u64,
    pub(super) texts: u64,
    pub(super) dynamic: u64,
    pub(super) data: u64,
    pub(super) zeros: u64,
}

impl Layout {
    pub(super) fn of(sizes: &Sizes) -> Self {
        let mut at = HEADER + SEGMENTS * SEGMENT;
        let mut next = |bytes: u64| {
            let place = at;
            at = aligned(at + bytes);
            place
        };
        let hashes = next(sizes.hashes);
        let symbols = next(sizes.symbols);
        let strings = next(sizes.strings);
        let indices = next(sizes.indices);
        let definitions = next(sizes.definitions);
        let relocations = next(sizes.relocations);
        let texts = next(sizes.texts);
        let code = next(sizes.code);
        let dynamic = next(sizes.dynamic);
        let data = next(sizes.data);
        // Each segment is a page farther in memory than in the file.
        let run = Part { offset: code, address: code + PAGE, bytes: sizes.code };
        let bytes = data + sizes.data - dynamic;
        let write = Part { offset: dynamic, address: dynamic + 2 * PAGE, bytes };
        Self {
            read: Part { offset: 0, address: 0, bytes: texts + sizes.texts },
            run,
            write,
            hashes,
            symbols,
            strings,
            indices,
            definitions,
            relocations,
            texts,
            dynamic: write.address,
            data: data + 2 * PAGE,
            zeros: aligned(data + sizes.data) + 2 * PAGE,
        }
    }
}

/// The next place that anything may be at.
pub(super) fn aligned(at: u64) -> u64 {
    at.next_multiple_of(64)
}
