//! What Google Cloud Run and its functions allows: `limits.toml`, compiled in.

use mlship_core::limits::Limits;

/// Every kind, the default one first.
pub fn limits() -> &'static [Limits] {
    include!(concat!(env!("OUT_DIR"), "/limits.rs"))
}

#[cfg(test)]
mod tests {
    use mlship_testkit::target::{kind, numbers, value};

    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_pages() {
        assert_eq!(value(&numbers(limits(), "cloud-run-source").packed_bytes), Some(262_144_000));
        assert_eq!(
            numbers(limits(), "cloud-run-image").image_bytes,
            None,
            "an image has no direct limit"
        );
        for name in ["cloud-run-source", "cloud-run-image"] {
            let one = numbers(limits(), name);
            assert_eq!(value(&one.memory_min_mb), Some(128));
            assert_eq!(value(&one.memory_default_mb), Some(512));
            assert_eq!(value(&one.memory_max_mb), Some(32_768));
            assert_eq!(value(&one.timeout_default_s), Some(300));
            assert_eq!(value(&one.timeout_max_s), Some(3_600));
            assert_eq!(value(&one.request_bytes), Some(33_554_432));
            assert_eq!(value(&one.response_bytes), Some(33_554_432));
            assert_eq!(value(&one.concurrency_default), Some(80));
            assert_eq!(value(&one.concurrency_max), Some(1_000));
            assert_eq!(value(&one.start_max_s), Some(240));
        }
        let second = numbers(limits(), "functions-v2");
        assert_eq!(second.packed_bytes, None);
        assert_eq!(value(&second.memory_default_mb), Some(256));
        assert_eq!(value(&second.memory_max_mb), Some(32_768));
        assert_eq!(value(&second.timeout_default_s), Some(60));
        assert_eq!(value(&second.timeout_max_s), Some(3_600));
        assert_eq!(value(&second.streamed_response_bytes), Some(10_485_760));
        let first = kind(limits(), "functions-v1");
        assert_eq!(value(&first.numbers.packed_bytes), Some(104_857_600));
        assert_eq!(value(&first.numbers.unpacked_bytes), Some(524_288_000));
        assert_eq!(value(&first.numbers.timeout_max_s), Some(540));
        assert_eq!(value(&first.numbers.request_bytes), Some(10_485_760));
        let sizes = first.memory_sizes_mb.as_ref().map(|one| &*one.values);
        assert_eq!(sizes, Some(&[128, 256, 512, 1024, 2048, 4096, 8192][..]));
    }
}
