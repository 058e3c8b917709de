//! What this machine allows: `limits.toml`, compiled in.

use mlship_core::limits::Limits;

/// Every kind, the default one first.
pub fn limits() -> &'static [Limits] {
    include!(concat!(env!("OUT_DIR"), "/limits.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_pages() {
        assert_eq!(limits().len(), 1);
        assert_eq!(limits()[0].kind, "process");
        assert_eq!(limits()[0].numbers, mlship_core::limits::Numbers::NONE);
    }
}
