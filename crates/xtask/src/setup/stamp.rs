//! Remembers what was installed by which pins, so that it is not installed again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// True when `product` is there and was installed by these very pins.
pub(crate) fn holds(tools: &Path, name: &str, pins: &str, product: &Path) -> bool {
    product.exists() && fs::read_to_string(file(tools, name)).is_ok_and(|text| text == digest(pins))
}

/// Notes that it is installed by these pins.
pub(crate) fn put(tools: &Path, name: &str, pins: &str) -> Result<()> {
    let file = file(tools, name);
    fs::create_dir_all(tools.join("stamps"))?;
    fs::write(&file, digest(pins)).with_context(|| format!("could not write `{}`", file.display()))
}

/// SHA-256 in hex.
pub(crate) fn digest(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file(tools: &Path, name: &str) -> PathBuf {
    tools.join("stamps").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_pins_or_a_missing_product_do_not_hold() {
        let tools = tempfile::tempdir().unwrap();
        let product = tools.path().join("product");
        put(tools.path(), "thing", "1.0").unwrap();
        assert!(!holds(tools.path(), "thing", "1.0", &product), "the product is missing");
        fs::write(&product, b"").unwrap();
        assert!(holds(tools.path(), "thing", "1.0", &product));
        assert!(!holds(tools.path(), "thing", "1.1", &product), "the pins changed");
        assert!(!holds(tools.path(), "other", "1.0", &product), "never stamped");
    }
}
