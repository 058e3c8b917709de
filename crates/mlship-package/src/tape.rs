//! Tar entries without a trace of who wrote them and when: owner 0, time 0, plain modes.

use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

/// Adds a file whose bytes `from` gives; they must be `bytes` many.
pub(crate) fn file(
    tape: &mut Builder<impl Write>,
    path: &str,
    mode: u32,
    bytes: u64,
    from: impl Read,
) -> io::Result<()> {
    tape.append_data(&mut header(EntryType::Regular, mode, bytes), path, from)
}

/// Adds a folder.
pub(crate) fn folder(tape: &mut Builder<impl Write>, path: &str, mode: u32) -> io::Result<()> {
    tape.append_data(&mut header(EntryType::Directory, mode, 0), format!("{path}/"), io::empty())
}

fn header(kind: EntryType, mode: u32, bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(bytes);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GNU's form of numbers that octal digits cannot hold: a set first bit, then binary
    /// (<https://www.gnu.org/software/tar/manual/html_node/Extensions.html>).
    #[test]
    fn nine_gib_are_written_in_binary() {
        let size = header(EntryType::Regular, 0o644, 9 << 30).as_bytes()[124..136].to_vec();
        assert_eq!(size, [0x80, 0, 0, 0, 0, 0, 0, 2, 0x40, 0, 0, 0]);
    }
}
