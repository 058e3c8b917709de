//! Texts that must be of a form: moments, lengths of time, bytes, whole numbers.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::cloud::time;

/// Whether a text is of the document's format. One that the stand-in does not know lets all pass.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "int64" => text.parse::<i64>().is_ok(),
        "uint64" => text.parse::<u64>().is_ok(),
        "int32" => text.parse::<i32>().is_ok(),
        "uint32" => text.parse::<u32>().is_ok(),
        "float" | "double" => text.parse::<f64>().is_ok(),
        "google-datetime" | "date-time" => is_moment(text),
        "date" => text.len() == 10 && time::parse(text).is_some(),
        "google-duration" => is_length(text),
        "byte" => [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD]
            .iter()
            .any(|engine| engine.decode(text).is_ok()),
        "google-fieldmask" => text.split(',').all(is_mask_path),
        _ => true,
    }
}

fn is_moment(text: &str) -> bool {
    let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|end| end.contains(['+', '-']));
    zoned && text.as_bytes().get(10) == Some(&b'T') && time::parse(&text[..19]).is_some()
}

/// `3.5s`; at most nine places.
fn is_length(text: &str) -> bool {
    let Some(number) = text.strip_suffix('s') else { return false };
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(part) && part.len() <= 9
}

fn is_mask_path(path: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.-`/*".contains(c);
    !path.is_empty() && path.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_kept() {
        for (format, text) in [
            ("int64", "9007199254740993"),
            ("google-datetime", "2026-01-02T03:04:05.678901234Z"),
            ("date-time", "2026-01-02T03:04:05+02:00"),
            ("google-duration", "300s"),
            ("google-duration", "0.25s"),
            ("byte", "-_8="),
            ("google-fieldmask", "template,traffic.percent"),
        ] {
            assert!(fits(format, text), "{format} {text}");
        }
        for (format, text) in [
            ("int64", "1.5"),
            ("int32", "3000000000"),
            ("google-datetime", "2026-01-02 03:04:05Z"),
            ("google-datetime", "2026-01-02T03:04:05"),
            ("google-duration", "300"),
            ("google-duration", "5m"),
            ("byte", "no bytes!"),
            ("google-fieldmask", "a,,b"),
        ] {
            assert!(!fits(format, text), "{format} {text}");
        }
    }
}
