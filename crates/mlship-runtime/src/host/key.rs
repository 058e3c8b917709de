//! The key that callers must show where one is set. Says nothing of it to anybody.

use std::ffi::OsStr;
use std::fmt;
use std::hint::black_box;

/// The header that carries nothing but the key, in lower case.
pub(super) const API_KEY: &str = "x-api-key";

/// A secret that callers and the process share.
#[derive(Clone)]
pub struct Key(Vec<u8>);

/// What a caller shows, as it stands in the headers of the request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown<'a> {
    /// `Authorization: Bearer KEY`.
    pub(super) authorization: Option<&'a [u8]>,
    /// `x-api-key: KEY`.
    pub(super) api_key: Option<&'a [u8]>,
}

impl Key {
    /// The key in the value of a variable.
    ///
    /// # Errors
    /// When no header can carry it, so that nobody could call; the value is not repeated.
    pub fn new(value: &OsStr) -> Result<Self, &'static str> {
        let bytes = value.as_encoded_bytes();
        match bytes {
            [] => Err("the key is empty"),
            _ if !bytes.iter().all(u8::is_ascii_graphic) => {
                Err("the key must be of visible ASCII characters, without blanks")
            }
            _ => Ok(Self(bytes.to_owned())),
        }
    }

    /// True when the caller shows this key.
    pub(super) fn fits(&self, shown: &Shown<'_>) -> bool {
        let bearer = shown.authorization.and_then(bearer);
        [bearer, shown.api_key].into_iter().flatten().any(|shown| self.is(shown))
    }

    /// Compares in a time that depends on what is shown alone.
    fn is(&self, shown: &[u8]) -> bool {
        let key = self.0.iter().cycle();
        let differing = shown.iter().zip(key).fold(0, |differing, (a, b)| differing | (a ^ b));
        black_box(differing) == 0 && shown.len() == self.0.len()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key")
    }
}

/// The token of `Bearer TOKEN`; the scheme in any case (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked("bearer".len())?;
    let is_it = scheme.eq_ignore_ascii_case(b"bearer") && token.starts_with(b" ");
    is_it.then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(authorization: Option<&str>, api_key: Option<&str>) -> bool {
        let shown = Shown {
            authorization: authorization.map(str::as_bytes),
            api_key: api_key.map(str::as_bytes),
        };
        Key::new("s3cret+/=".as_ref()).unwrap().fits(&shown)
    }

    #[test]
    fn either_header_opens() {
        assert!(fits(Some("Bearer s3cret+/="), None));
        assert!(fits(Some("bEARER   s3cret+/="), None));
        assert!(fits(None, Some("s3cret+/=")));
        assert!(fits(Some("Bearer other"), Some("s3cret+/=")));
        assert!(fits(Some("Basic s3cret+/="), Some("s3cret+/=")));
    }

    #[test]
    fn nothing_else_does() {
        assert!(!fits(None, None));
        for shown in ["", "Bearer", "Bearer ", "s3cret+/=", "Basic s3cret+/=", "Bearers3cret+/="] {
            assert!(!fits(Some(shown), None), "{shown}");
        }
        let tries =
            ["", "s", "s3cret+/", "s3cret+/=s", "S3cret+/=", "s3cret+/=s3cret+/=", "\0\0\0"];
        for shown in tries {
            assert!(!fits(None, Some(shown)), "{shown}");
            assert!(!fits(Some(&format!("Bearer {shown}")), None), "{shown}");
        }
    }

    #[test]
    fn what_no_header_carries_is_no_key_and_is_not_repeated() {
        for value in ["", " ", "s3cret key", "s3cret\n", "s3cr\u{e9}t", "s3cret\0"] {
            let said = Key::new(value.as_ref()).unwrap_err();
            assert!(!said.contains("s3cr"), "{said}");
        }
        let key = Key::new("s3cret".as_ref()).unwrap();
        assert_eq!(format!("{key:?}"), "Key");
    }
}
