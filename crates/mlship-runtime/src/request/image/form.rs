//! In which form the bytes of a request have pictures, by what is said of them.

use super::is_picture;
use crate::problem::{Kind, Problem};
use crate::request::refuse::echo;

/// The forms.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyForm {
    /// JSON with pictures in it.
    Json,
    /// One picture.
    Picture,
    /// The parts of a form, between lines of this text.
    Parts(String),
}

/// What clients say that were told nothing: the bytes tell then.
const UNSAID: [&str; 3] = ["", "application/x-www-form-urlencoded", "text/plain"];

impl BodyForm {
    /// The form of a body of that media type.
    ///
    /// # Errors
    /// When bytes of that media type hold no pictures.
    pub(super) fn of(media_type: Option<&str>, body: &[u8]) -> Result<Self, Problem> {
        let said = media_type.unwrap_or_default();
        let (essence, parameters) = said.split_once(';').unwrap_or((said, ""));
        let essence = essence.trim().to_ascii_lowercase();
        match essence.as_str() {
            "multipart/form-data" => boundary(parameters).map(Self::Parts).ok_or_else(|| {
                let detail = "`multipart/form-data` has no valid `boundary`";
                Problem::new(Kind::BrokenForm, detail)
            }),
            "application/json" | "text/json" => Ok(Self::Json),
            other if other.ends_with("+json") => Ok(Self::Json),
            other if UNSAID.contains(&other) => match is_picture(body) {
                true => Ok(Self::Picture),
                false => Ok(Self::Json),
            },
            "application/octet-stream" => Ok(Self::Picture),
            // A browser names the types that it knows; the bytes tell what they are.
            other if other.starts_with("image/") && (is_known(other) || is_picture(body)) => {
                Ok(Self::Picture)
            }
            other => Err(unsupported(other)),
        }
    }
}

fn is_known(essence: &str) -> bool {
    const KNOWN: [&str; 8] = ["jpeg", "jpg", "pjpeg", "png", "webp", "gif", "bmp", "*"];
    essence.strip_prefix("image/").is_some_and(|kind| KNOWN.contains(&kind))
}

fn unsupported(essence: &str) -> Problem {
    let detail = format!(
        "`{}` is not read here; a picture is `image/jpeg`, `image/png`, `image/webp`, `image/gif`, \
         `image/bmp`, a part of `multipart/form-data`, or base64 in `application/json`",
        echo(essence)
    );
    Problem::new(Kind::UnsupportedMediaType, detail)
}

/// The `boundary` of a media type's parameters: 1 to 70 characters (RFC 2046, 5.1.1).
fn boundary(parameters: &str) -> Option<String> {
    let mut pairs = parameters.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let plain = |c: char| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c);
    let fits = (1..=70).contains(&value.len()) && value.chars().all(plain);
    (fits && !value.ends_with(' ')).then(|| value.to_owned())
}
