//! The request that is sent, and what it is.

use std::fs;
use std::io::Read;
use std::path::Path;

use mlship_core::deployment::Request;

use super::InvokeArgs;
use crate::context::Loaded;
use crate::failure::Failure;

const JSON: &str = "application/json";

/// What is not known.
const BYTES: &str = "application/octet-stream";

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

/// A request in memory.
#[derive(Debug)]
pub(super) struct Sent {
    body: Vec<u8>,
    pub(super) media_type: String,
}

impl Sent {
    /// What the flags say; the first sample where they say nothing.
    pub(super) fn of(args: &InvokeArgs, loaded: Option<&Loaded>) -> Result<Self, Failure> {
        let sent = match (&args.data, &args.request, loaded) {
            (Some(data), _, _) => Self { body: data.clone().into(), media_type: JSON.into() },
            (None, Some(path), _) => Self::read(path)?,
            (None, None, Some(loaded)) => Self::sample(loaded)?,
            (None, None, None) => return Err(nothing()),
        };
        let media_type = args.media_type.clone().unwrap_or(sent.media_type);
        Ok(Self { media_type, ..sent })
    }

    /// The manifest's first sample.
    pub(super) fn sample(loaded: &Loaded) -> Result<Self, Failure> {
        let sample = loaded.project.samples.first().ok_or_else(nothing)?;
        Self::read(&loaded.project.root.join(&sample.request.value))
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request { media_type: &self.media_type, body: &self.body }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let mut body = Vec::new();
        if path.as_os_str() == "-" {
            std::io::stdin()
                .read_to_end(&mut body)
                .map_err(|error| Failure::usage(format!("could not read stdin: {error}")))?;
        } else {
            body = fs::read(path).map_err(|error| {
                Failure::usage(format!("could not read `{}`: {error}", path.display()))
            })?;
        }
        let media_type = media_type(path, &body).to_owned();
        Ok(Self { body, media_type })
    }
}

fn media_type(path: &Path, body: &[u8]) -> &'static str {
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

fn nothing() -> Failure {
    Failure::usage("there is nothing to send: the manifest has no samples")
        .hint("send something: mlship invoke --data '{…}'")
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
