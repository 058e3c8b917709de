//! Turns `limits.toml` into Rust. A number without source and date stops the build.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=limits.toml");
    let out = std::env::var("OUT_DIR")?;
    let folder = std::env::var("CARGO_MANIFEST_DIR")?;
    let limits = Path::new(&folder).join("limits.toml");
    if let Err(error) = mlship_limits::generate(&limits, &Path::new(&out).join("limits.rs")) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
        return Err("limits.toml is not valid".into());
    }
    Ok(())
}
