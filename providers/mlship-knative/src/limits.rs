//! What Knative Serving allows: `limits.toml`, compiled in.

use mlship_core::limits::Limits;

/// Every kind, the default one first.
pub fn limits() -> &'static [Limits] {
    include!(concat!(env!("OUT_DIR"), "/limits.rs"))
}

#[cfg(test)]
mod tests {
    use mlship_core::limits::{Limit, Numbers};

    use super::*;

    fn kind(name: &str) -> &'static Limits {
        limits().iter().find(|one| one.kind == name).expect("the kind is there")
    }

    fn numbers(name: &str) -> &'static Numbers {
        &kind(name).numbers
    }

    fn value(limit: &Option<Limit>) -> Option<u64> {
        limit.as_ref().map(|limit| limit.value)
    }

    #[test]
    fn the_numbers_are_those_of_the_pages() {
        let service = numbers("service");
        assert_eq!(value(&service.timeout_default_s), Some(300));
        assert_eq!(value(&service.timeout_max_s), Some(600));
        assert_eq!(value(&service.concurrency_max), Some(1_000));
        assert_eq!(value(&service.memory_default_mb), Some(190));
        assert_eq!(value(&service.disk_default_mb), Some(715));
        assert_eq!(service.memory_max_mb, None, "the cluster decides");
    }
}
