//! Single values as JSON. A 32-bit float is written with the fewest digits that are only its own.

use serde::Serialize;

use crate::tensor::Values;

/// Writes one element; a float that is not finite is null.
pub(super) fn element(onto: &mut Vec<u8>, values: &Values, index: usize) {
    match values {
        Values::F32(values) => put(onto, &values[index]),
        Values::F64(values) => put(onto, &values[index]),
        Values::I32(values) => put(onto, &values[index]),
        Values::I64(values) => put(onto, &values[index]),
        Values::Bool(values) => put(onto, &values[index]),
        Values::String(values) => put(onto, &values[index]),
    }
}

/// Writes `"key":`.
pub(super) fn key(onto: &mut Vec<u8>, key: &str) {
    put(onto, key);
    onto.push(b':');
}

/// Writes a number or text.
pub(super) fn put<T: Serialize + ?Sized>(onto: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(onto, value);
    debug_assert!(written.is_ok(), "numbers and text serialize, and a vector takes all bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_shortest_and_finite() {
        let values = Values::F32(vec![0.93, 1.0, f32::NAN, f32::INFINITY, 1e-7, -0.0].into());
        let mut onto = Vec::new();
        for index in 0..values.len() {
            element(&mut onto, &values, index);
            onto.push(b' ');
        }
        assert_eq!(String::from_utf8(onto).unwrap(), "0.93 1.0 null null 1e-7 -0.0 ");
    }
}
