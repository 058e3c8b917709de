//! Every provider's limits, and needs to hold against them.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::limits::{Amount, Limits, Need, Origin};

/// The providers, in the order of the grid.
pub(crate) const PROVIDERS: [&str; 6] = ["aws", "azure", "gcp", "openwhisk", "knative", "local"];

/// The top of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every kind of every provider.
pub(crate) fn all() -> Vec<Limits> {
    let mut all = Vec::new();
    for provider in PROVIDERS {
        let path = root().join(format!("providers/mlship-{provider}/limits.toml"));
        let text = fs::read_to_string(&path).expect("limits.toml is there");
        all.extend(mlship_limits::read(&text, None).expect("limits.toml is valid"));
    }
    all
}

/// A need of almost nothing: it fits wherever a Linux binary starts.
pub(crate) fn little() -> Need {
    let setting = |value| Amount::new(value, Origin::Declared);
    Need {
        memory_mb: setting(128),
        timeout_s: setting(10),
        disk_mb: Amount::new(512, Origin::Default),
        concurrency: setting(1),
        packed_bytes: None,
        unpacked_bytes: None,
        model_bytes: None,
        request_bytes: None,
        response_bytes: None,
        start_s: None,
        architecture: None,
        format: None,
    }
}

/// Compares `text` with a golden file, or writes the file where `BLESS` is set.
pub(crate) fn golden(path: &Path, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, text, "{} is out of step; BLESS=1 writes it", path.display());
}
