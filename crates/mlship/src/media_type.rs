//! What a file holds: by its name, else by its first bytes.

use std::path::Path;

/// A request unless something else is said.
pub(crate) const JSON: &str = "application/json";

/// What is not known.
pub(crate) const BYTES: &str = "application/octet-stream";

/// Media types by the end of a file's name.
const BY_NAME: &[(&str, &str)] = &[
    ("arrow", "application/vnd.apache.arrow.file"),
    ("arrows", "application/vnd.apache.arrow.stream"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", JSON),
    ("jsonl", "application/jsonlines"),
    ("ndjson", "application/jsonlines"),
    ("npy", "application/x-npy"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
];

/// Media types by the first bytes.
const BY_BYTES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x93NUMPY", "application/x-npy"),
    (b"ARROW1\0\0", "application/vnd.apache.arrow.file"),
];

/// The media type of a file.
pub(crate) fn media_type(path: &Path, body: &[u8]) -> &'static str {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_lowercase();
    if let Some((_, media_type)) = BY_NAME.iter().find(|(name, _)| *name == end) {
        return media_type;
    }
    let is_webp = body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP");
    match BY_BYTES.iter().find(|(start, _)| body.starts_with(start)) {
        Some((_, media_type)) => media_type,
        None if is_webp => "image/webp",
        None if std::str::from_utf8(body).is_ok() => JSON,
        None => BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_says_or_its_first_bytes() {
        for (name, body, expected) in [
            ("a.CSV", &b"x"[..], "text/csv"),
            ("a.b/photo.jpeg", b"", "image/jpeg"),
            ("-", b"\x89PNG\r\n\x1a\n....", "image/png"),
            ("-", b"RIFF....WEBPVP8 ", "image/webp"),
            ("request", b"{}", JSON),
            ("request", b"\xff\xfe", BYTES),
        ] {
            assert_eq!(media_type(Path::new(name), body), expected, "{name}");
        }
    }
}
