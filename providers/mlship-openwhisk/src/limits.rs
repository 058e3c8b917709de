//! What Apache OpenWhisk allows: `limits.toml`, compiled in.

use mlship_core::limits::Limits;

/// Every kind, the default one first.
pub fn limits() -> &'static [Limits] {
    include!(concat!(env!("OUT_DIR"), "/limits.rs"))
}

#[cfg(test)]
mod tests {
    use mlship_testkit::target::{numbers, value};

    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_pages() {
        assert_eq!(value(&numbers(limits(), "action").base64_bytes), Some(50_331_648));
        assert_eq!(numbers(limits(), "action-image").image_bytes, None);
        for name in ["action", "action-image"] {
            let one = numbers(limits(), name);
            assert_eq!(value(&one.memory_min_mb), Some(128));
            assert_eq!(value(&one.memory_default_mb), Some(256));
            assert_eq!(value(&one.memory_max_mb), Some(512));
            assert_eq!(value(&one.timeout_default_s), Some(60));
            assert_eq!(value(&one.timeout_max_s), Some(300));
            assert_eq!(value(&one.http_max_s), Some(60));
            assert_eq!(value(&one.request_bytes), Some(1_048_576));
            assert_eq!(value(&one.response_bytes), Some(1_048_576));
            assert_eq!(value(&one.concurrency_max), Some(1));
        }
    }
}
