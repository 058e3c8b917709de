//! Zip archives: the same bytes each time, and read by others, also where entries are too large
//! to be in memory.

use std::fs;
use std::process::Command;

use mlship_package::{Contents, Mode, Part, Source, sha256, zip};
use mlship_testkit::tools;

/// What Python's `zipfile` says of an archive whose entries it has read.
const LIST: &str = "
import hashlib, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
for i in z.infolist():
    print(i.filename, oct(i.external_attr >> 16), hashlib.sha256(z.read(i)).hexdigest())
";

#[test]
fn small_and_large_entries_are_read_by_others_and_the_same_each_time() {
    let work = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..5 << 20).flat_map(|number: u32| number.to_le_bytes()).collect();
    let weights = work.path().join("weights");
    fs::write(&weights, &large).unwrap();
    let mut contents = Contents::default();
    for number in 0..40 {
        contents.add_bytes(format!("samples/{number:02}.json"), vec![number; 100]);
    }
    contents.add("bootstrap", Mode::Executable, Source::Bytes(b"run".into()));
    contents.add_to(Part::Weights, "model.weights", Mode::Plain, Source::File(weights));
    let [first, second] = ["first.zip", "second.zip"].map(|name| work.path().join(name));
    let artifact = zip(&contents, &first).unwrap();
    assert_eq!(zip(&contents, &second).unwrap().sha256, artifact.sha256);
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    let (bytes, digest) = contents.measure().unwrap();
    assert_eq!((artifact.unpacked_bytes, artifact.content_sha256), (bytes, digest));

    let out = Command::new(tools::python()).args(["-c", LIST]).arg(&first).output().unwrap();
    let mut expected = format!("bootstrap 0o100755 {}\n", sha256(b"run"));
    expected += &format!("model.weights 0o100644 {}\n", sha256(&large));
    for number in 0..40 {
        let digest = sha256(&[number; 100]);
        expected += &format!("samples/{number:02}.json 0o100644 {digest}\n");
    }
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_no_archive_is_left() {
    let work = tempfile::tempdir().unwrap();
    let mut contents = Contents::default();
    contents.add("weights", Mode::Plain, Source::File(work.path().join("missing")));
    let to = work.path().join("bundle.zip");
    let error = zip(&contents, &to).unwrap_err().to_string();
    assert!(error.starts_with("could not read `") && error.ends_with("missing`"), "{error}");
    assert_eq!(fs::read_dir(work.path()).unwrap().count(), 0);
}
