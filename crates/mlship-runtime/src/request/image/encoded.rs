//! Pictures as text: base64, or a data URL (RFC 2397).

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding may be there or not.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The bytes that the text stands for.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let data = match text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        true => {
            let (head, data) = text[5..].split_once(',').ok_or("the data URL has no comma")?;
            if !head.to_ascii_lowercase().ends_with(";base64") {
                return Err("the data URL is not base64".into());
            }
            data
        }
        false => text,
    };
    // Lines of 76 characters, as `base64` prints them.
    let data: std::borrow::Cow<'_, str> = match data.contains(['\n', '\r', ' ']) {
        true => data.split_ascii_whitespace().collect::<String>().into(),
        false => data.into(),
    };
    let alphabet = if data.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    GeneralPurpose::new(&alphabet, LENIENT)
        .decode(data.as_bytes())
        .map_err(|error| format!("the text is not base64: {}", error.to_string().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn base64_in_its_usual_dresses() {
        for text in
            ["+/8=", "+/8", "-_8", "+/\n8=", "data:image/png;base64,+/8=", "DATA:;base64,-_8"]
        {
            assert_eq!(bytes(text).unwrap(), [0xfb, 0xff], "{text}");
        }
        for (text, cause) in [
            ("data:image/png,abc", "not base64"),
            ("data:image/png;base64", "no comma"),
            ("a b c d e!", "the text is not base64"),
            ("https://x.example/a.png", "the text is not base64"),
        ] {
            assert!(bytes(text).unwrap_err().contains(cause), "{text}");
        }
    }
}
