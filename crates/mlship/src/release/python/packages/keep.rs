//! What the manifest has stay of the packages: each must be something of them.

use std::path::Path;

use mlship_core::finding::{Finding, Report};

use crate::failure::Failure;
use crate::release::python::Case;

/// The modules and paths that stay.
pub(super) fn kept(case: &Case<'_>, installed: &Path) -> Result<Vec<String>, Failure> {
    let Some(keep) = &case.python.keep else { return Ok(Vec::new()) };
    let strangers: Vec<&str> =
        keep.value.iter().map(String::as_str).filter(|name| !is_there(installed, name)).collect();
    if strangers.is_empty() {
        return Ok(keep.value.clone());
    }
    let names = strangers.join("`, `");
    let finding = Finding::error(
        "manifest/keep",
        format!("`python.keep` names `{names}`, and the packages have no such module or path"),
    )
    .at(keep.span.clone())
    .label("not of the packages")
    .hint("a module is written as it is imported: `pandas.io`");
    Err(Failure::Manifest { report: Report(vec![finding]), source: Some(case.source.clone()) })
}

/// Whether a module or a path of that name is installed.
fn is_there(installed: &Path, name: &str) -> bool {
    let is_plain = !name.is_empty() && name.split('/').all(|part| !["", ".", ".."].contains(&part));
    let as_module = installed.join(name.replace('.', "/"));
    let stem = as_module.file_name().map(|stem| format!("{}.", stem.to_string_lossy()));
    let beside = as_module.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let is_file = |stem: &str| {
        let mut names = beside.into_iter().flatten().flatten();
        names.any(|entry| entry.file_name().to_string_lossy().starts_with(stem))
    };
    is_plain
        && (installed.join(name).exists()
            || as_module.is_dir()
            || stem.is_some_and(|s| is_file(&s)))
}
