//! `strace`: started, and its log read.

use std::path::Path;
use std::process::{Command, Stdio};

/// A call that went well and named a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) kind: Kind,
    /// The whole path.
    pub(super) path: String,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Opened or executed.
    Open,
    /// Mapped into memory.
    Map,
    /// Its being there or its target was asked.
    Look,
}

/// Whether it is there and may watch.
pub(super) fn works() -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=execve", "true"]);
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

/// The words to put before a command.
pub(super) fn words(log: &Path) -> Vec<String> {
    let fixed = ["strace", "-f", "-qq", "-y", "-z", "-s", "4096", "-e", "trace=%file,mmap", "-o"];
    let mut words: Vec<_> = fixed.map(str::to_owned).into();
    words.push(log.to_string_lossy().into_owned());
    words
}

/// The calls of a log, in order.
pub(super) fn calls(log: &str) -> impl Iterator<Item = Call> + '_ {
    log.lines().filter_map(call)
}

/// Reads a line: `12 openat(AT_FDCWD</here>, "a", O_RDONLY) = 3</here/a>`.
fn call(line: &str) -> Option<Call> {
    let line = line.trim_start().trim_start_matches(|letter: char| letter.is_ascii_digit());
    let (name, rest) = line.trim_start().split_once('(')?;
    match name {
        "open" | "openat" | "openat2" => {
            // What was opened in the end stands behind the result.
            let path = rest.strip_suffix('>')?.rsplit_once('<')?.1;
            Some(Call { kind: Kind::Open, path: plain(path)? })
        }
        "mmap" => {
            let path = rest.split_once('<')?.1.split_once(">, ")?.0;
            Some(Call { kind: Kind::Map, path: plain(path)? })
        }
        "execve" => Some(Call { kind: Kind::Open, path: named(rest)? }),
        _ => Some(Call { kind: Kind::Look, path: named(rest)? }),
    }
}

/// The first path that a call names, from the folder that it is relative to.
fn named(rest: &str) -> Option<String> {
    let (folder, rest) = match rest.split_once(['<', '"']) {
        Some((before, after)) if rest[before.len()..].starts_with('<') => after.split_once('>')?,
        _ => ("", rest),
    };
    let quoted = rest.split_once('"')?.1;
    let path = plain(&quoted[..closing(quoted)?])?;
    if path.starts_with('/') {
        return Some(path);
    }
    let folder = plain(folder).filter(|folder| !folder.is_empty())?;
    Some(format!("{folder}/{path}"))
}

/// Where the quote is that closes a text.
fn closing(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

/// Text as it was before it was written in ASCII: `\t`, `\"`, `\303\274`, `\xc3`.
fn plain(written: &str) -> Option<String> {
    let mut text = Vec::new();
    let mut rest = written.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            text.push(first);
            continue;
        }
        let (&escaped, after) = rest.split_first()?;
        let (byte, length) = match escaped {
            b'0'..=b'7' => number(rest, 8, 3)?,
            b'x' => number(after, 16, 2).map(|(byte, length)| (byte, length + 1))?,
            b'n' => (b'\n', 1),
            b't' => (b'\t', 1),
            b'r' => (b'\r', 1),
            b'v' => (0x0b, 1),
            b'f' => (0x0c, 1),
            b'a' => (0x07, 1),
            b'b' => (0x08, 1),
            b'e' => (0x1b, 1),
            other => (other, 1),
        };
        text.push(byte);
        rest = rest.get(length..)?;
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// A byte by its digits, at most so many, and how many there were.
fn number(digits: &[u8], base: u32, most: usize) -> Option<(u8, usize)> {
    let digits = digits.iter().take(most).map_while(|digit| char::from(*digit).to_digit(base));
    let (value, length) =
        digits.fold((0, 0), |(value, length), digit| (value * base + digit, length + 1));
    Some((u8::try_from(value).ok()?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_give_what_was_opened_mapped_and_looked_at() {
        let log = "12 openat(AT_FDCWD</w>, \"a/b.py\", O_RDONLY|O_CLOEXEC) = 3</w/a/b.py>\n\
                   12 mmap(NULL, 16, PROT_READ, MAP_PRIVATE, 3</w/c.so>, 0) = 0x7f00\n\
                   12 mmap(NULL, 16, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f00\n\
                   13 newfstatat(AT_FDCWD</w>, \"d \\\"e\\\"\", {st_mode=S_IFREG}, 0) = 0\n\
                   13 stat(\"/w/f\", {st_mode=S_IFREG}) = 0\n\
                   14 openat(AT_FDCWD</\\303\\274>, \"a\", O_RDONLY) = 3</\\303\\274/a\\t = b\\74>\n\
                   14 mmap(NULL, 16, PROT_READ, MAP_PRIVATE, 3</\\xc3\\xbc/c.so>, 0) = 0x7f00\n\
                   14 newfstatat(AT_FDCWD</\\303\\274\">, \"\\0012\\\\\", {}, 0) = 0\n\
                   13 +++ exited with 0 +++\n";
        let found: Vec<_> = calls(log).map(|call| (call.kind, call.path)).collect();
        let wanted = [
            (Kind::Open, "/w/a/b.py"),
            (Kind::Map, "/w/c.so"),
            (Kind::Look, "/w/d \"e\""),
            (Kind::Look, "/w/f"),
            (Kind::Open, "/ü/a\t = b<"),
            (Kind::Map, "/ü/c.so"),
            (Kind::Look, "/ü\"/\u{1}2\\"),
        ];
        assert_eq!(found, wanted.map(|(kind, path)| (kind, path.to_owned())));
    }
}
