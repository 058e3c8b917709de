//! Gzipped tar archives: the same bytes each time, and read by others.

use std::fs;
use std::process::Command;

use mlship_core::artifact::Format;
use mlship_package::{Contents, Mode, Part, Source, sha256, tar};
use mlship_testkit::tools;

/// What Python's `tarfile` says of an archive whose entries it has read.
const LIST: &str = "
import hashlib, sys, tarfile
with tarfile.open(sys.argv[1], 'r:gz') as t:
    for i in t:
        digest = hashlib.sha256(t.extractfile(i).read()).hexdigest()
        print(i.name, oct(i.mode), i.uid, i.gid, i.uname + i.gname, i.mtime, digest)
";

#[test]
fn entries_are_read_by_others_and_the_same_each_time() {
    let work = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..3 << 20).flat_map(|number: u32| number.to_le_bytes()).collect();
    let weights = work.path().join("weights");
    fs::write(&weights, &large).unwrap();
    let long = format!("samples/{}.json", "x".repeat(200));
    let mut contents = Contents::default();
    contents.add_bytes(long.as_str(), b"{}".to_vec());
    contents.add_bytes("bundle.json", b"{}".to_vec());
    contents.add("bootstrap", Mode::Executable, Source::Bytes(b"run".into()));
    contents.add_to(Part::Weights, "model.weights", Mode::Plain, Source::File(weights.clone()));
    let first = work.path().join("new/first.tar.gz");
    let artifact = tar(&contents, &first).unwrap();
    // Neither the file's own time nor its mode is of matter.
    fs::write(&weights, &large).unwrap();
    let second = tar(&contents, &work.path().join("second.tar.gz")).unwrap();
    assert_eq!(second.sha256, artifact.sha256);
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second.path).unwrap());
    assert_eq!(artifact.format, Format::Tar);
    assert_eq!(artifact.packed_bytes, fs::metadata(&first).unwrap().len());
    let (bytes, digest) = contents.measure().unwrap();
    assert_eq!((artifact.unpacked_bytes, artifact.content_sha256), (bytes, digest));

    let out = Command::new(tools::python()).args(["-c", LIST]).arg(&first).output().unwrap();
    let line =
        |name: &str, mode: &str, bytes: &[u8]| format!("{name} {mode} 0 0  0 {}\n", sha256(bytes));
    let expected = [
        line("bootstrap", "0o755", b"run"),
        line("bundle.json", "0o644", b"{}"),
        line("model.weights", "0o644", &large),
        line(&long, "0o644", b"{}"),
    ];
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected.concat());
}

#[test]
fn what_fails_leaves_the_archive_that_was_there() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("bundle.tar.gz");
    fs::write(&to, "the one before").unwrap();
    let mut contents = Contents::default();
    contents.add("weights", Mode::Plain, Source::File(work.path().join("missing")));
    let error = tar(&contents, &to).unwrap_err().to_string();
    assert!(error.starts_with("could not read `") && error.ends_with("missing`"), "{error}");
    assert_eq!(fs::read(&to).unwrap(), b"the one before");
    assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1);
}
