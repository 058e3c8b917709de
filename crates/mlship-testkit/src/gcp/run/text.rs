//! Texts and numbers in documents, and the times that are shown.

use serde_json::Value;

/// A text by JSON pointer; empty when there is none.
pub(in crate::gcp) fn of<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The part after the last slash.
pub(in crate::gcp) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// A list by JSON pointer; empty when there is none.
pub(in crate::gcp) fn list<'a>(body: &'a Value, pointer: &str) -> &'a [Value] {
    body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A number, which JSON may have as a text.
pub(in crate::gcp) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A time that is later than those of all smaller serials.
pub(in crate::gcp) fn time(serial: u64) -> String {
    let (day, second) = (1 + serial / 86_400 % 28, serial % 86_400);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:{:02}.000000Z", second % 60)
}

/// Ten letters and digits that belong to a text.
pub(in crate::gcp) fn hash(text: &str) -> String {
    use sha2::{Digest, Sha256};
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(10).map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
