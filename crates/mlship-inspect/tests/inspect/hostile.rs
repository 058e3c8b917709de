//! Files made to take memory. Each is looked at by a process of its own, whose peak is measured.

use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use crate::setup::{apart, model};

/// The most that `inspect` may take, in MiB, whatever the file.
const PEAK_MIB: u64 = 128;

fn check(path: &Path, said: &str) {
    let (text, peak) = apart(path);
    assert!(text.contains(said), "{}: {text:.2000}", path.display());
    assert!(peak < PEAK_MIB, "{peak} MiB for {}", path.display());
}

/// A file of a head and then one part again and again.
fn repeated(path: &Path, head: &[u8], part: &[u8], times: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(head).unwrap();
    for _ in 0..times {
        file.write_all(part).unwrap();
    }
    file.flush().unwrap();
}

#[test]
fn pickles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let long = |opcode: u8, length: u64| {
        let mut bytes = b"\x80\x04cos\nsystem\n".to_vec();
        bytes.push(opcode);
        bytes.extend(length.to_le_bytes());
        bytes
    };
    for opcode in [0x8d, 0x8e, 0x96] {
        for length in [1 << 63, u64::MAX, 1 << 40] {
            fs::write(&path, long(opcode, length)).unwrap();
            check(&path, "the file is cut");
            check(&path, "os.system");
        }
    }
    let head = b"\x80\x04cos\nsystem\n0";
    let part = 1 << 18;
    repeated(&path, head, b"(", 50 * part);
    check(&path, "too much memory");
    repeated(&path, head, b"N", 50 * part);
    check(&path, "too much memory");
    repeated(&path, head, b"]\x940", 20 * part);
    check(&path, "the file is cut");
    repeated(&path, head, b"}\x940", 20 * part);
    check(&path, "the file is cut");
    repeated(&path, b"\x80\x04)", b"\x85", 20 * part);
    check(&path, "the file is cut");
    repeated(&path, b"\x80\x04)", b"2\x86\x94", 10 * part);
    check(&path, "the file is cut");
    repeated(&path, b"\x80\x04cos\nsystem\n0]r\xff\xff\xff\xff", b"", 0);
    check(&path, "too much memory");
    repeated(&path, b"\x80\x04cos\n", b"a", 100 * part);
    check(&path, "the file is cut");
}

#[test]
fn pickles_of_many_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    file.write_all(b"\x80\x04").unwrap();
    for number in 0..300_000 {
        file.write_all(&[0x8c, 200]).unwrap();
        file.write_all(format!("{number:0>199}.").as_bytes()).unwrap();
    }
    file.flush().unwrap();
    check(&path, "too much memory");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    file.write_all(b"\x80\x04").unwrap();
    for number in 0..400_000 {
        write!(file, "cmodule{number}\nname\n").unwrap();
        file.write_all(b"\x940").unwrap();
    }
    file.write_all(b"cposix\nsystem\n.").unwrap();
    file.flush().unwrap();
    check(&path, "more imports are not listed");
    check(&path, "would import `os.system`");
}

#[test]
fn nested_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    repeated(&path, b"{\"learner\":{\"x\":", b"[", 4 << 20);
    check(&path, "nested too deep");
    repeated(&path, b"{\"learner\":{\"x\":\"", b"a", 4 << 20);
    check(&path, "too long");
    repeated(&path, b"{\"learner\":{\"feature_names\":[", b"\"aaaaaaaaaaaaaaaaaaa\",", 1 << 20);
    check(&path, "damaged xgboost model");
    let size = 8_000_000u64;
    let header = [&size.to_le_bytes()[..], b"{\"a\":"].concat();
    repeated(&path, &header, b"[", size as usize);
    check(&path, "nested too deep");
    repeated(
        &path,
        &[&size.to_le_bytes()[..], b"{\"a\":{\"shape\":["].concat(),
        b"1,",
        size as usize / 2,
    );
    check(&path, "damaged safetensors file");
    fs::write(&path, [&(u64::MAX / 2).to_le_bytes()[..], b"{\"a\":1}"].concat()).unwrap();
    check(&path, "unknown");
}

#[test]
fn a_zip_bomb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut zip = zip::ZipWriter::new(BufWriter::new(File::create(&path).unwrap()));
    let options =
        zip::write::SimpleFileOptions::default().large_file(true).compression_level(Some(1));
    zip.start_file("model.onnx", options).unwrap();
    let zeros = vec![0; 1 << 22];
    for _ in 0..1024 {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap().flush().unwrap();
    check(&path, "is a zip bomb: its entry `model.onnx` unpacks from");
    check(&path, "to 4294967296 bytes");
}

/// A central directory alone, of so many entries with names so long, with the count that is
/// claimed.
fn directory(path: &Path, entries: u32, name_bytes: usize, claimed: u16) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(b"PK\x03\x04").unwrap();
    for number in 0..entries {
        file.write_all(b"PK\x01\x02").unwrap();
        let mut rest = [0u8; 42];
        rest[24] = name_bytes as u8;
        file.write_all(&rest).unwrap();
        write!(file, "{number:0name_bytes$}").unwrap();
    }
    file.write_all(b"PK\x05\x06\0\0\0\0").unwrap();
    file.write_all(&claimed.to_le_bytes()).unwrap();
    file.write_all(&claimed.to_le_bytes()).unwrap();
    file.write_all(&(entries * (46 + name_bytes as u32)).to_le_bytes()).unwrap();
    file.write_all(&4u32.to_le_bytes()).unwrap();
    file.write_all(&[0, 0]).unwrap();
    file.flush().unwrap();
}

#[test]
fn zips_with_lists_that_lie_or_do_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    directory(&path, 3, 8, 3);
    check(&path, "zip of 3 entries");
    directory(&path, 3, 8, 60_000);
    check(&path, "damaged zip archive");
    directory(&path, 65_534, 250, 65_534);
    check(&path, "it has no list of entries, or one far too long");
    repeated(&path, b"PK\x03\x04", b"PK\x05\x06", 4 << 20);
    check(&path, "damaged zip archive");
    repeated(&path, b"PK\x03\x04", b"\0\0\0\0", 4 << 20);
    check(&path, "damaged zip archive");
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// An ONNX file of one constant whose bytes are a hole in the file.
#[test]
fn weights_of_an_onnx_file_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes = 2_000_000_000u64;
    let mut tensor = [&[0x08][..], &varint(bytes / 4), &[0x10, 1, 0x42, 1, b'w', 0x4a]].concat();
    tensor.extend(varint(bytes));
    let whole = tensor.len() as u64 + bytes;
    let graph = [&[0x2a][..], &varint(whole), &tensor].concat();
    let whole = graph.len() as u64 + bytes;
    let head = [&[0x08, 8, 0x3a][..], &varint(whole), &graph].concat();
    let mut file = File::create(&path).unwrap();
    file.write_all(&head).unwrap();
    file.seek(SeekFrom::Start(head.len() as u64 + bytes)).unwrap();
    file.write_all(&[0x42, 2, 0x10, 17]).unwrap();
    drop(file);
    check(&path, "\"parameters\": 500000000");
    check(&path, "\"version\": 17");
}

#[test]
fn an_onnx_file_too_large_for_protobuf() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::copy(model("onnx-maps"), &path).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(3 << 30).unwrap();
    check(&path, "is an ONNX file of 3221225472 bytes; protobuf ends at 2147483647 bytes");
    File::create(&path).unwrap().set_len(3 << 30).unwrap();
    check(&path, "\"format\": \"unknown\"");
}

#[test]
fn an_onnx_file_of_graphs_in_graphs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut graph: Vec<u8> = Vec::new();
    for _ in 0..2000 {
        let attribute = [&[0x32][..], &varint(graph.len() as u64), &graph].concat();
        let node = [&[0x2a][..], &varint(attribute.len() as u64), &attribute].concat();
        graph = [&[0x0a][..], &varint(node.len() as u64), &node].concat();
    }
    let model = [&[0x08, 8, 0x3a][..], &varint(graph.len() as u64), &graph].concat();
    fs::write(&path, model).unwrap();
    check(&path, "graphs are nested too deep");
}
