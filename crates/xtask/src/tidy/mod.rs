//! The rules of docs/architecture.md, each as a function from facts to what breaks it.

mod arrows;
mod documents;
mod graph;
mod source;

use std::path::Path;

use anyhow::{Result, bail};

/// Checks every rule and names everything that breaks one.
pub(crate) fn tidy(root: &Path) -> Result<()> {
    let crates = graph::read(root)?;
    let files = source::read(root)?;
    let mut broken = arrows::check(&crates);
    broken.extend(source::check(&files, root));
    broken.extend(documents::check(&crates, &files));
    for line in &broken {
        eprintln!("tidy: {line}");
    }
    match broken.len() {
        0 => Ok(()),
        1 => bail!("1 rule is broken"),
        many => bail!("{many} rules are broken"),
    }
}
