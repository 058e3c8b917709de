//! Which form the bytes of a request have, by the media type that is said of them.

#[cfg(feature = "arrow")]
pub(super) mod arrow;
pub(super) mod csv;
pub(super) mod lines;
mod media;
pub(super) mod npy;

use super::{Said, Wrap};
use crate::problem::{Kind, Problem};
use media::Media;

/// The form that a request's bytes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    /// One JSON value a line; the answers are of the same media type.
    Lines(&'static str),
    Csv(Header),
    Npy,
    Arrow(Container),
    /// Text as it stands.
    Plain,
}

/// Whether the first line of CSV names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Present,
    Absent,
}

/// What Arrow's messages stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Stream,
    File,
}

/// The media types of JSON lines: none is registered, and all are in use.
const LINES: [&str; 5] = [
    "application/jsonlines",
    "application/jsonl",
    "application/x-ndjson",
    "application/x-jsonlines",
    "application/ndjson",
];

impl Format {
    /// The form of a request of which this is said.
    ///
    /// # Errors
    /// When it is said to be of a media type that nothing here reads.
    pub(super) fn of(said: Said<'_>, taken: &str) -> Result<Self, Problem> {
        // What a host's contract wraps is JSON, whatever it is called.
        let (Some(text), Wrap::Plain) = (said.media_type, said.wrap) else {
            return Ok(Format::Json);
        };
        let media = Media::read(text);
        if media.is("application/json") {
            return Ok(Format::Json);
        }
        if let Some(lines) = LINES.into_iter().find(|name| media.is(name)) {
            return Ok(Format::Lines(lines));
        }
        Ok(match &*media.name.to_ascii_lowercase() {
            // The second is what curl says of everything that it is not told about.
            "" | "application/x-www-form-urlencoded" => Format::Json,
            "text/plain" => Format::Plain,
            name if name.ends_with("+json") || name == "text/json" => Format::Json,
            "text/csv" | "application/csv" => match media.parameter("header") {
                Some(header) if header.eq_ignore_ascii_case("absent") => {
                    Format::Csv(Header::Absent)
                }
                _ => Format::Csv(Header::Present),
            },
            "application/x-npy" | "application/npy" => Format::Npy,
            "application/vnd.apache.arrow.stream" => Format::Arrow(Container::Stream),
            "application/vnd.apache.arrow.file" => Format::Arrow(Container::File),
            _ => return Err(unsupported(said, taken)),
        })
    }
}

/// The problem with a media type that is not read, where `taken` are.
pub(super) fn unsupported(said: Said<'_>, taken: &str) -> Problem {
    let media_type = super::refuse::echo(said.media_type.unwrap_or_default());
    let detail = format!("`{media_type}` is not taken; this model takes {taken}");
    Problem::new(Kind::UnsupportedMediaType, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str) -> Result<Format, u16> {
        let said = Said { media_type: Some(media_type), wrap: Wrap::Plain };
        Format::of(said, "JSON").map_err(|problem| problem.kind.status())
    }

    #[test]
    fn parameters_and_case_are_handled() {
        for json in ["", "application/json", "Application/JSON ; charset=UTF-8", "a/b+json"] {
            assert_eq!(of(json), Ok(Format::Json), "{json}");
        }
        assert_eq!(of("application/x-www-form-urlencoded"), Ok(Format::Json));
        assert_eq!(of("application/X-NDJSON; a=b"), Ok(Format::Lines("application/x-ndjson")));
        assert_eq!(of("text/csv"), Ok(Format::Csv(Header::Present)));
        assert_eq!(
            of("text/csv; charset=utf-8; Header=\"absent\""),
            Ok(Format::Csv(Header::Absent))
        );
        assert_eq!(of("text/csv;header=present"), Ok(Format::Csv(Header::Present)));
        assert_eq!(of("application/npy"), Ok(Format::Npy));
        assert_eq!(of("image/png"), Err(415));
        assert_eq!(of("application/octet-stream"), Err(415));
        let said = Said { media_type: Some("image/png"), wrap: Wrap::Instances };
        assert_eq!(Format::of(said, ""), Ok(Format::Json));
    }
}
