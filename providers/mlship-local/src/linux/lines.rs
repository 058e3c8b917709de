//! The service's log: lines with the time in milliseconds, in two files of bounded size.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use mlship_core::deployment::{LogLine, LogQuery};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::clock;

/// The bytes after which a new file is begun; two are kept.
pub(crate) const ROTATE_BYTES: u64 = 4 * 1024 * 1024;

/// The longest line kept whole, in bytes; a longer one is cut into several.
const LONGEST_LINE: usize = 16 * 1024;

/// A log that is written to.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Log {
    /// Opens the log and goes on after its last line.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    /// Writes one line. A log that cannot be written is no reason to stop serving: the line is
    /// lost.
    pub(crate) fn line(&mut self, text: &str) {
        let line = format!("{} {}\n", clock::now_ms(), text.replace(['\n', '\r'], " "));
        if self.bytes + line.len() as u64 > ROTATE_BYTES && self.rotate().is_err() {
            return;
        }
        if self.file.write_all(line.as_bytes()).is_ok() {
            self.bytes += line.len() as u64;
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        fs::rename(&self.path, earlier(&self.path))?;
        self.file = File::options().create(true).append(true).open(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

fn earlier(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// Reads the newest lines that the query asks for, oldest first.
pub(crate) fn read(path: &Path, query: &LogQuery) -> io::Result<Vec<LogLine>> {
    let mut newest = VecDeque::new();
    for path in [earlier(path), path.to_owned()] {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in BufReader::new(file.take(2 * ROTATE_BYTES)).split(b'\n') {
            let Some(line) = parse(&String::from_utf8_lossy(&line?)) else { continue };
            if query.since_ms.is_some_and(|since| line.at_ms < since) {
                continue;
            }
            newest.push_back(line);
            if newest.len() > query.limit {
                newest.pop_front();
            }
        }
    }
    Ok(newest.into())
}

fn parse(line: &str) -> Option<LogLine> {
    let (at, text) = line.split_once(' ')?;
    Some(LogLine { at_ms: at.parse().ok()?, text: text.to_owned() })
}

/// Reads a stream to its end and hands on each line, cut at a bounded length.
pub(crate) async fn each_line(mut from: impl AsyncRead + Unpin, mut line: impl FnMut(&str)) {
    let mut pending = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read) = from.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        for byte in &chunk[..read] {
            if *byte != b'\n' {
                pending.push(*byte);
            }
            if *byte == b'\n' || pending.len() == LONGEST_LINE {
                line(&String::from_utf8_lossy(&pending));
                pending.clear();
            }
        }
    }
    if !pending.is_empty() {
        line(&String::from_utf8_lossy(&pending));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_keeps_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        let mut log = Log::open(path.clone()).unwrap();
        let filler = "x".repeat(LONGEST_LINE);
        for number in 0..1000 {
            log.line(&format!("{number} {filler}"));
        }
        let bytes: u64 = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(bytes <= 2 * ROTATE_BYTES, "{bytes}");
        let lines = read(&path, &LogQuery { since_ms: None, limit: 3 }).unwrap();
        let numbers: Vec<_> =
            lines.iter().map(|line| line.text.split(' ').next().unwrap()).collect();
        assert_eq!(numbers, ["997", "998", "999"]);
    }

    #[test]
    fn lines_before_the_asked_time_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        fs::write(&path, "10 old\n20 new\nnot a line\n30 newer\n").unwrap();
        let lines = read(&path, &LogQuery { since_ms: Some(20), limit: 9 }).unwrap();
        let texts: Vec<_> = lines.into_iter().map(|line| (line.at_ms, line.text)).collect();
        assert_eq!(texts, [(20, "new".into()), (30, "newer".into())]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_not_kept() {
        let endless = vec![b'a'; 3 * LONGEST_LINE + 5];
        let mut lengths = Vec::new();
        each_line(endless.as_slice(), |line| lengths.push(line.len())).await;
        assert_eq!(lengths, [LONGEST_LINE, LONGEST_LINE, LONGEST_LINE, 5]);
    }
}
