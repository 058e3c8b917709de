//! What Azure Functions and its container relatives allows: `limits.toml`, compiled in.

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
        let flex = kind(limits(), "functions-flex");
        let sizes = |kind: &'static Limits| kind.memory_sizes_mb.as_ref().map(|one| &*one.values);
        assert_eq!(sizes(flex), Some(&[512, 2048, 4096][..]));
        assert_eq!(value(&flex.numbers.disk_max_mb), Some(800));
        assert_eq!(value(&flex.numbers.start_max_s), Some(30));
        assert_eq!(flex.numbers.packed_bytes, None, "no cap is published");
        assert_eq!(sizes(kind(limits(), "functions-premium")), Some(&[3584, 7168, 14_336][..]));
        assert_eq!(value(&numbers(limits(), "functions-premium").disk_max_mb), Some(62_464));
        let dedicated = numbers(limits(), "functions-dedicated");
        assert_eq!(value(&dedicated.memory_max_mb), Some(262_144));
        assert_eq!(value(&dedicated.disk_max_mb), Some(143_360));
        let consumption = numbers(limits(), "functions-consumption");
        assert_eq!(value(&consumption.memory_max_mb), Some(1_536));
        assert_eq!(value(&consumption.timeout_max_s), Some(600));
        for one in [&flex.numbers, numbers(limits(), "functions-premium"), dedicated, consumption] {
            assert_eq!(value(&one.http_max_s), Some(230));
            assert_eq!(value(&one.request_default_bytes), Some(104_857_600));
            assert_eq!(value(&one.request_bytes), Some(220_200_960));
        }
        let apps = numbers(limits(), "container-apps");
        assert_eq!(value(&apps.image_bytes), Some(8_589_934_592));
        assert_eq!(value(&apps.memory_max_mb), Some(8_192));
        assert_eq!(value(&apps.http_max_s), Some(240));
        let groups = numbers(limits(), "container-instances");
        assert_eq!(value(&groups.image_bytes), Some(16_106_127_360));
        assert_eq!(value(&groups.memory_max_mb), Some(16_384));
        assert_eq!(value(&groups.disk_max_mb), Some(51_200));
        let web = numbers(limits(), "web-app");
        assert_eq!(value(&web.start_default_s), Some(230));
        assert_eq!(value(&web.start_max_s), Some(1_800));
    }
}
