//! Enums by name and by number. The documents have the names; the numbers are those of the classes
//! that Google's Python clients are made of.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::fixture::made_once;
use crate::tools;

/// The enums of an API.
#[derive(Debug, Default)]
pub(super) struct Enums {
    all: Vec<BTreeMap<String, i64>>,
}

impl Enums {
    /// From a list of `{name: number}`.
    pub(super) fn new(list: &Value) -> Self {
        let one = |all: &Value| serde_json::from_value(all.clone()).ok();
        Self { all: list.as_array().into_iter().flatten().filter_map(one).collect() }
    }

    /// The name of a number in the enum that has `names`.
    pub(super) fn name(&self, names: &[&str], number: i64) -> Option<&str> {
        let found = self.named(names)?.iter().find(|(_, is)| **is == number)?;
        Some(found.0)
    }

    /// The number of a name in the enum that has `names`.
    pub(super) fn number(&self, names: &[&str], name: &str) -> Option<i64> {
        self.named(names)?.get(name).copied()
    }

    /// The enum that shares most names; documents and classes are not always of one day.
    fn named(&self, names: &[&str]) -> Option<&BTreeMap<String, i64>> {
        let shared = |one: &&BTreeMap<String, i64>| {
            let both = names.iter().filter(|name| one.contains_key(**name)).count();
            (both, usize::MAX - one.len())
        };
        self.all.iter().max_by_key(shared).filter(|one| shared(one).0 * 2 > names.len())
    }
}

/// The numbers by API, as `judges/gcp/enums.py` writes them.
///
/// # Panics
/// When the classes are not installed.
pub(super) fn numbers() -> Value {
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let script = home.join("judges/gcp/enums.py");
    let folder = home.join("../../target/testkit/gcp-enums");
    made_once(&folder, &[&script], |folder| {
        let mut python = Command::new(tools::python());
        let status = python.arg("-B").arg(&script).arg(folder.join("enums.json")).status();
        assert!(status.is_ok_and(|status| status.success()), "Google's classes are dumped");
    });
    let text = fs::read_to_string(folder.join("enums.json")).expect("the numbers");
    serde_json::from_str(&text).expect("the numbers are JSON")
}
