//! What AWS Lambda allows: `limits.toml`, compiled in.

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
        let zip = numbers(limits(), "lambda-zip");
        assert_eq!(value(&zip.unpacked_bytes), Some(262_144_000));
        assert_eq!(value(&zip.direct_upload_bytes), Some(52_428_800));
        assert_eq!(zip.packed_bytes, None, "50 MB is a route, not a limit");
        let image = numbers(limits(), "lambda-image");
        assert_eq!(value(&image.image_bytes), Some(10_737_418_240));
        for one in [zip, image] {
            assert_eq!(value(&one.memory_min_mb), Some(128));
            assert_eq!(value(&one.memory_max_mb), Some(10_240));
            assert_eq!(value(&one.timeout_default_s), Some(3));
            assert_eq!(value(&one.timeout_max_s), Some(900));
            assert_eq!(value(&one.disk_default_mb), Some(512));
            assert_eq!(value(&one.disk_max_mb), Some(10_240));
            assert_eq!(value(&one.request_bytes), Some(6_291_456));
            assert_eq!(value(&one.response_bytes), Some(6_291_456));
            assert_eq!(value(&one.streamed_response_bytes), Some(209_715_200));
            assert_eq!(value(&one.concurrency_max), Some(1));
            assert_eq!(value(&one.instances_max), Some(1_000));
            assert_eq!(value(&one.start_max_s), Some(10));
        }
    }
}
