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
            let path = rest.rsplit_once("= ")?.1.split_once('<')?.1.strip_suffix('>')?;
            Some(Call { kind: Kind::Open, path: path.to_owned() })
        }
        "mmap" => {
            let path = rest.split_once('<')?.1.split_once(">, ")?.0;
            Some(Call { kind: Kind::Map, path: path.to_owned() })
        }
        "execve" => Some(Call { kind: Kind::Open, path: named(rest)? }),
        _ => Some(Call { kind: Kind::Look, path: named(rest)? }),
    }
}

/// The first path that a call names, from the folder that it is relative to.
fn named(rest: &str) -> Option<String> {
    let (before, quoted) = rest.split_once('"')?;
    let path = unescaped(quoted)?;
    if path.starts_with('/') {
        return Some(path);
    }
    let folder = before.split_once('<')?.1.split_once('>')?.0;
    Some(format!("{folder}/{path}"))
}

/// Text up to its closing quote.
fn unescaped(quoted: &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = quoted.chars();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
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
                   13 +++ exited with 0 +++\n";
        let found: Vec<_> = calls(log).map(|call| (call.kind, call.path)).collect();
        let wanted = [
            (Kind::Open, "/w/a/b.py"),
            (Kind::Map, "/w/c.so"),
            (Kind::Look, "/w/d \"e\""),
            (Kind::Look, "/w/f"),
        ];
        assert_eq!(found, wanted.map(|(kind, path)| (kind, path.to_owned())));
    }
}
