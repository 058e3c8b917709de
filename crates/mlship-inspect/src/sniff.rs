//! What the first bytes of a file say it is. A guess, which the format's own reader confirms.

use crate::facts::Format;

/// How many bytes [`sniff`] wants to see.
pub(crate) const HEAD_BYTES: u64 = 4096;

/// What the first bytes say; the second is a word for what is compressed or archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A format.
    Is(Format),
    /// A zip, whose entries say more.
    Zip,
    /// `gzip` or `zlib`, whose content says more.
    Deflated(&'static str),
    /// `bzip2`, `xz`, …, which is not read.
    Compressed(&'static str),
    /// A tar archive.
    Tar,
    /// Starts as a text-protocol pickle could.
    PerhapsPickle,
    /// A web page instead of a file.
    WebPage,
    /// Nothing known.
    Unknown,
}

const LEGACY_TORCH: &[u8] =
    &[0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/// Looks at the first [`HEAD_BYTES`] of a file of `length` bytes.
pub(crate) fn sniff(head: &[u8], length: u64) -> Sniffed {
    use Format::{
        Catboost, Empty, Gguf, GitLfsPointer, Hdf5, Lightgbm, Numpy, Onnx, Ort, Pickle,
        Safetensors, Tflite, Torch, XgboostBinary, XgboostJson, XgboostUbjson,
    };
    use Sniffed::*;
    let starts = |magic: &[u8]| head.starts_with(magic);
    let fourth = head.get(4..8).unwrap_or_default();
    match head {
        [] => Is(Empty),
        _ if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => Zip,
        _ if starts(b"\x1f\x8b\x08") => Deflated("gzip"),
        _ if starts(b"BZh") => Compressed("bzip2"),
        _ if starts(b"\xfd7zXZ\0") => Compressed("xz"),
        _ if starts(b"\x5d\0\0") && head.get(5..13).is_some_and(is_lzma_size) => Compressed("lzma"),
        _ if starts(b"\x04\x22\x4d\x18") => Compressed("lz4"),
        _ if starts(b"\x28\xb5\x2f\xfd") => Compressed("zstd"),
        _ if starts(b"7z\xbc\xaf\x27\x1c") => Compressed("7z"),
        _ if starts(b"\x89HDF\r\n\x1a\n") => Is(Hdf5),
        _ if starts(b"\x93NUMPY") => Is(Numpy),
        _ if starts(b"GGUF") => Is(Gguf),
        _ if starts(b"CBM1") => Is(Catboost),
        _ if starts(b"binf") || starts(b"bs64") => Is(XgboostBinary),
        _ if fourth == b"TFL3" => Is(Tflite),
        _ if fourth == b"ORTM" => Is(Ort),
        _ if head.get(257..262) == Some(b"ustar") => Tar,
        _ if is_safetensors(head, length) => Is(Safetensors),
        _ if starts(LEGACY_TORCH) => Is(Torch),
        [0x80, 0..=5, ..] => Is(Pickle),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Deflated("zlib"),
        _ if is_ubjson(head) => Is(XgboostUbjson),
        [b'{', ..] | [b' ' | b'\t' | b'\r' | b'\n', ..] if is_booster_json(head) => Is(XgboostJson),
        _ if starts(b"tree\nversion=") || starts(b"tree\r\nversion=") => Is(Lightgbm),
        _ if starts(b"version https://git-lfs.github.com/spec/") => Is(GitLfsPointer),
        _ if is_onnx(head) => Is(Onnx),
        _ => text(head),
    }
}

fn text(head: &[u8]) -> Sniffed {
    let start = head.trim_ascii_start();
    let lower = start[..start.len().min(512)].to_ascii_lowercase();
    if lower.windows(5).any(|part| part == b"<pmml") {
        return Sniffed::Is(Format::Pmml);
    }
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        return Sniffed::WebPage;
    }
    match head {
        [b'(' | b'c' | b']' | b'}' | b')' | b'l' | b'd' | b'i', ..] => Sniffed::PerhapsPickle,
        _ => Sniffed::Unknown,
    }
}

/// An unpacked length as the old lzma format has it: not known, or below 1 TiB.
fn is_lzma_size(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xff) || bytes[5..].iter().all(|byte| *byte == 0)
}

/// A header's length that fits the file, and a JSON object after it.
fn is_safetensors(head: &[u8], length: u64) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<8>() else { return false };
    let size = u64::from_le_bytes(*size);
    // A file cut inside its header is still recognised by the quote after the brace.
    let begins = rest.starts_with(b"{\"") || rest.starts_with(b"{}");
    begins && size >= 2 && (size <= length.saturating_sub(8) || size <= 100_000_000)
}

fn is_booster_json(head: &[u8]) -> bool {
    let squeezed: Vec<u8> =
        head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(16).collect();
    squeezed.starts_with(b"{\"learner\":{")
}

/// An object whose first key is `learner`, with the length in any of UBJSON's integer types.
fn is_ubjson(head: &[u8]) -> bool {
    let key: &[u8] = b"learner{";
    [3usize, 4, 6, 10].into_iter().any(|at| {
        head.starts_with(b"{")
            && b"iUIlL".contains(head.get(1).unwrap_or(&0))
            && head.get(at..at + key.len()) == Some(key)
            && head.get(at - 1) == Some(&7)
    })
}

/// `ir_version` first, as every writer has it, and another field of `ModelProto` after it.
fn is_onnx(head: &[u8]) -> bool {
    match head {
        [0x08, 1..=64] => true,
        // producer_name, producer_version, domain, model_version, doc_string, graph, opset_import
        [0x08, 1..=64, next, ..] => matches!(next, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42),
        // Some writers leave the version out or begin with the graph.
        _ => false,
    }
}
