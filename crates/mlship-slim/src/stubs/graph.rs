//! Which kept library needs which, and so which of them stubs can stand in for.

use std::collections::{BTreeMap, BTreeSet};

use super::protected::is_protected;
use super::{Allowed, Choice};
use crate::elf::{Dynamic, Symbols};
use crate::error::SlimError;
use crate::keep::{Facts, Keep, Reason};
use crate::modules::is_library;

/// A stub stands in for a library only where that, with what it alone brings, is as large as this.
const LEAST_BYTES: u64 = 8_000_000;

/// The kept libraries.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// What each needs.
    needs: BTreeMap<String, BTreeSet<String>>,
    bytes: BTreeMap<String, u64>,
    /// Those that no other needs: programs open them.
    roots: BTreeSet<String>,
    /// Those that can be read well enough.
    pub(super) symbols: BTreeMap<String, Symbols>,
}

impl Graph {
    /// The libraries that are kept, as they were installed.
    pub(super) fn of(facts: &Facts<'_>, keep: &Keep) -> Result<Self, SlimError> {
        let mut graph = Self::default();
        let kept: BTreeSet<_> = keep.files.keys().filter(|file| is_library(file)).collect();
        let mut by_name: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for file in &kept {
            by_name.entry(file_name(file)).or_default().insert((*file).clone());
        }
        let mut needed = BTreeSet::new();
        for file in &kept {
            let bytes = facts.tree.bytes(file)?;
            let names = Dynamic::read(&bytes).map(|dynamic| dynamic.needed).unwrap_or_default();
            let needs = names.iter().filter_map(|name| by_name.get(name.as_str()));
            let needs: BTreeSet<String> =
                needs.flatten().filter(|one| one != file).cloned().collect();
            needed.extend(needs.iter().cloned());
            graph.needs.insert((*file).clone(), needs);
            graph.bytes.insert((*file).clone(), bytes.len() as u64);
            if let Some(symbols) = Symbols::read(&bytes) {
                graph.symbols.insert((*file).clone(), symbols);
            }
        }
        for file in kept {
            let is_asked = keep.files.get(file) == Some(&Reason::Asked);
            let module = facts.modules.names.get(file);
            let is_module = module.is_some_and(|module| graph.is_module(file, module));
            if is_asked || !needed.contains(file) || is_module {
                graph.roots.insert(file.clone());
            }
        }
        Ok(graph)
    }

    /// Whether a library that is named like a module is one.
    fn is_module(&self, library: &str, module: &str) -> bool {
        let name = module.rsplit('.').next().unwrap_or(module);
        let begin = format!("PyInit_{name}");
        let symbols = self.symbols.get(library);
        symbols.is_none_or(|symbols| symbols.named(&begin).next().is_some())
    }

    /// What stays, what stubs stand in for, and what nobody needs then.
    pub(super) fn choose(&self, allowed: &Allowed) -> Choice {
        let mut real = self.roots.clone();
        real.extend(allowed.real.iter().filter(|one| self.needs.contains_key(*one)).cloned());
        for whole in &allowed.whole {
            real.extend(self.below(whole));
        }
        loop {
            let (kept, edge) = self.reached(&real);
            let small = |library: &&String| {
                let behind = self.below(library);
                let alone = behind.iter().filter(|one| !kept.contains(*one));
                let bytes: u64 = alone.filter_map(|one| self.bytes.get(one)).sum();
                bytes < LEAST_BYTES
            };
            let more: Vec<_> = edge
                .iter()
                .filter(|library| !self.may(library, allowed, small, &kept))
                .cloned()
                .collect();
            if more.is_empty() {
                let behind = self.needs.keys();
                let behind =
                    behind.filter(|one| !kept.contains(*one) && !edge.contains(*one)).cloned();
                return Choice { behind: behind.collect(), kept, stubs: edge };
            }
            real.extend(more);
        }
    }

    /// Whether a stub may stand in for a library.
    fn may(
        &self,
        library: &String,
        allowed: &Allowed,
        small: impl Fn(&&String) -> bool,
        kept: &BTreeSet<String>,
    ) -> bool {
        let name = file_name(library);
        let is_named = allowed.named.iter().any(|start| name.starts_with(start.as_str()));
        let symbols = self.symbols.get(library);
        let can = symbols.is_some_and(|symbols| symbols.is_x86_64 && !symbols.is_thread_local);
        // Of one that cannot be read nobody knows what it imports.
        let users = kept
            .iter()
            .filter(|one| self.needs.get(*one).is_some_and(|needs| needs.contains(library)));
        let known = users.clone().all(|user| self.symbols.contains_key(user));
        can && known && (is_named || !is_protected(name) && !small(&library))
    }

    /// Those that are reached from real ones without a stub between, and the first behind them.
    fn reached(&self, real: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut kept, mut edge) = (BTreeSet::new(), BTreeSet::new());
        let mut next: Vec<&String> = real.iter().collect();
        while let Some(library) = next.pop() {
            if !kept.insert(library.clone()) {
                continue;
            }
            for needed in self.needs.get(library).into_iter().flatten() {
                if real.contains(needed) {
                    next.push(needed);
                } else {
                    edge.insert(needed.clone());
                }
            }
        }
        (kept, edge)
    }

    /// A library and all that it needs.
    pub(super) fn below(&self, library: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut next = vec![library];
        while let Some(library) = next.pop() {
            let known = self.needs.get_key_value(library);
            if let Some((library, needs)) = known.filter(|(library, _)| !found.contains(*library)) {
                found.insert(library.clone());
                next.extend(needs.iter().map(String::as_str));
            }
        }
        found
    }
}

/// The name by which a library is needed.
pub(super) fn file_name(library: &str) -> &str {
    library.rsplit('/').next().unwrap_or(library)
}
