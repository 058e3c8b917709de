//! Packages for graphics cards, which a function's host does not have: found, weighed, refused.

use serde::Serialize;

use super::error::ResolveError;
use super::lock::{Lock, Locked};
use super::place::{Place, Requirements};
use super::wheels;
use super::{Uv, Wanted, compile};

/// What is done about packages for graphics cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerators {
    /// The lock is refused, with what to change.
    Refuse,
    /// They are named in [`Lock::accelerated`].
    Report,
}

/// A package for graphics cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accelerated {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes to fetch; 0 when the index does not say.
    pub bytes: u64,
}

/// Names that begin so are the libraries of the cards' maker, and what compiles for them.
const PREFIXES: &[&str] = &["nvidia-", "cuda-", "triton", "pytorch-triton"];

fn is_for_cards(locked: &Locked) -> bool {
    PREFIXES.iter().any(|prefix| locked.name.starts_with(prefix))
}

/// The packages of a lock that are for graphics cards, with their sizes.
pub(super) fn look(
    uv: &Uv,
    wanted: &Wanted<'_>,
    lock: &Lock,
) -> Result<Vec<Accelerated>, ResolveError> {
    let found: Vec<_> = lock.packages.iter().filter(|locked| is_for_cards(locked)).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let files = wheels::of(uv, compile(uv, wanted), &[wanted.requirements]).unwrap_or_default();
    let bytes = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        file.map_or(0, |file| file.bytes)
    };
    let mut accelerated: Vec<_> = found
        .into_iter()
        .map(|Locked { name, version, .. }| Accelerated {
            name: name.clone(),
            version: version.clone(),
            bytes: bytes(name),
        })
        .collect();
    accelerated.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(accelerated)
}

/// The refusal, with the line that asks for them and what to write there.
pub(super) fn refused(
    lock: &Lock,
    wanted: &Wanted<'_>,
    requirements: &Requirements,
) -> ResolveError {
    let (package, change) = change(lock);
    let place = package.map_or_else(
        || Place { file: wanted.requirements.to_owned(), line: None },
        |package| requirements.of(package),
    );
    ResolveError::Accelerators {
        place,
        bytes: lock.accelerated.iter().map(|one| one.bytes).sum(),
        packages: lock.accelerated.clone(),
        change,
    }
}

/// Which package asks for them, and what to write in its stead.
fn change(lock: &Lock) -> (Option<&'static str>, String) {
    if let Some(version) = lock.version("xgboost") {
        return (Some("xgboost"), format!("write `xgboost-cpu=={version}` instead of `xgboost`"));
    }
    if let Some(version) = lock.version("torch") {
        let version = version.split('+').next().unwrap_or(version);
        let index = "--extra-index-url https://download.pytorch.org/whl/cpu";
        return (Some("torch"), format!("write `torch=={version}+cpu`, under a line `{index}`"));
    }
    (None, "name the variant for the processor alone of what asks for them".to_owned())
}
