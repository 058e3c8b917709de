//! What Knative Serving allows: `limits.toml`, compiled in.

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
        let service = numbers(limits(), "service");
        assert_eq!(value(&service.timeout_default_s), Some(300));
        assert_eq!(value(&service.timeout_max_s), Some(600));
        assert_eq!(value(&service.concurrency_max), Some(1_000));
        assert_eq!(value(&service.memory_default_mb), Some(190));
        assert_eq!(value(&service.disk_default_mb), Some(715));
        assert_eq!(service.memory_max_mb, None, "the cluster decides");
    }
}
