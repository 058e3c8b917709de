//! The workspace's crates and what each one depends on, as Cargo resolves it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// A crate of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, from the top of the checkout.
    pub(crate) folder: String,
    /// What it names itself, for what it is shipped as and for its build script.
    pub(crate) shipped: BTreeSet<String>,
    /// What it names itself, for its tests alone.
    pub(crate) tested: BTreeSet<String>,
    /// All that is compiled into it or its build script: name and major version.
    pub(crate) tree: BTreeSet<(String, u64)>,
}

/// Reads the workspace.
pub(crate) fn read(root: &Path) -> Result<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(vec!["--locked".into()])
        .exec()
        .context("could not read the dependency graph; is Cargo.lock in step?")?;
    let edges = edges(&metadata)?;
    let crates = metadata.workspace_packages().into_iter().map(|package| {
        let manifest = package.manifest_path.parent().map(|folder| folder.as_std_path());
        let folder =
            manifest.and_then(|folder| folder.strip_prefix(root.canonicalize().ok()?).ok());
        let named = |test: bool| {
            let kinds = package.dependencies.iter();
            kinds
                .filter(|dependency| (dependency.kind == DependencyKind::Development) == test)
                .map(|dependency| dependency.name.clone())
                .collect()
        };
        Crate {
            name: package.name.to_string(),
            folder: folder.map(|folder| folder.to_string_lossy().into()).unwrap_or_default(),
            shipped: named(false),
            tested: named(true),
            tree: tree(&package.id, &edges, &metadata),
        }
    });
    Ok(crates.collect())
}

type Edges<'a> = BTreeMap<&'a PackageId, Vec<&'a PackageId>>;

/// Resolved dependencies, without those of tests.
fn edges(metadata: &Metadata) -> Result<Edges<'_>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolved nothing")?;
    let of = |node: &'_ cargo_metadata::Node| {
        node.deps
            .iter()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development))
            .map(|dep| dep.pkg.clone())
            .collect::<Vec<_>>()
    };
    let known: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, &package.id)).collect();
    Ok(resolve
        .nodes
        .iter()
        .map(|node| {
            let to = of(node).iter().filter_map(|id| known.get(id).copied()).collect();
            (&node.id, to)
        })
        .collect())
}

fn tree(of: &PackageId, edges: &Edges<'_>, metadata: &Metadata) -> BTreeSet<(String, u64)> {
    let mut seen = BTreeSet::new();
    let mut next = vec![of];
    while let Some(id) = next.pop() {
        for to in edges.get(id).into_iter().flatten() {
            if seen.insert(*to) {
                next.push(to);
            }
        }
    }
    metadata
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id))
        .map(|package| (package.name.to_string(), package.version.major))
        .collect()
}
