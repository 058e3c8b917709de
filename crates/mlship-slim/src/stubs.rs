//! Libraries that stubs stand in for: those that are only there because a library names them, and
//! of which no request calls anything.

mod graph;
mod protected;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub(crate) use search::search;

use crate::elf::{Export, Standin, stub};
use crate::error::SlimError;
use crate::keep::{Dropped, Facts, Keep, Reason};
use graph::{Graph, file_name};

/// Whether stubs may stand in for libraries.
///
/// It takes less than the proof of modules can show: what a library does while it is loaded is
/// gone, and on another processor others may be called. So it is asked for, and wants requests that
/// are held out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stubs {
    /// None.
    #[default]
    None,
    /// For what no request calls, where it saves much; never for arithmetic and threads, whose
    /// parts are chosen by the processor.
    Unused {
        /// How names of files begin for which they may stand in all the same.
        named: Vec<String>,
    },
}

/// A library that a stub stands in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stubbed {
    /// Its path in the packages.
    pub library: String,
    /// How many symbols of it others import.
    pub symbols: usize,
    /// Bytes of the stub.
    pub bytes: u64,
}

/// What stubs may stand in for, and what was found not to bear it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) named: Vec<String>,
    /// Libraries that are called; those that they need may be stubs.
    pub(crate) real: BTreeSet<String>,
    /// Libraries that are needed with all that they need.
    pub(crate) whole: BTreeSet<String>,
}

/// Puts stubs in the place of kept libraries, and leaves out what only those need.
///
/// # Errors
/// When a library cannot be read.
pub(crate) fn put(facts: &Facts<'_>, keep: &mut Keep, allowed: &Allowed) -> Result<(), SlimError> {
    let graph = Graph::of(facts, keep)?;
    let choice = graph.choose(allowed);
    keep.stubs = written(facts, &graph, &choice)?.into_iter().collect();
    for library in &choice.behind {
        keep.files.remove(library);
        keep.dropped.insert(library.clone(), Dropped::BehindStub);
    }
    for library in keep.stubs.keys() {
        keep.files.insert(library.clone(), Reason::Stub);
    }
    Ok(())
}

/// What becomes of libraries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Choice {
    /// Those that stay.
    kept: BTreeSet<String>,
    /// Those that stubs stand in for.
    stubs: BTreeSet<String>,
    /// Those that nobody needs then.
    behind: BTreeSet<String>,
}

/// A stub, and how many symbols it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) symbols: usize,
}

/// The stubs of a choice.
fn written(
    facts: &Facts<'_>,
    graph: &Graph,
    choice: &Choice,
) -> Result<Vec<(String, Written)>, SlimError> {
    let standins = wanted(graph, choice).into_iter().map(|(library, standin)| {
        let unwritable = || SlimError::NoStub { library: facts.tree.path(&library) };
        let bytes = stub(&standin).ok_or_else(unwritable)?;
        Ok((library, Written { bytes, symbols: standin.symbols.len() }))
    });
    standins.collect()
}

/// What each stub must have: what kept libraries import, where no kept one has it.
fn wanted(graph: &Graph, choice: &Choice) -> BTreeMap<String, Standin> {
    let kept = || choice.kept.iter().filter_map(|library| graph.symbols.get(library));
    let defined: BTreeSet<&str> = kept()
        .flat_map(|symbols| symbols.exports.iter().map(|export| export.name.as_str()))
        .collect();
    let owners = owners(graph, choice);
    let mut standins: BTreeMap<String, Standin> = BTreeMap::new();
    for library in &choice.stubs {
        let soname = file_name(library);
        let asked = kept().filter_map(|symbols| symbols.asks.get(soname));
        let versions = asked.flatten().cloned().collect();
        let standin = Standin { soname: soname.to_owned(), versions, ..Standin::default() };
        standins.insert(library.clone(), standin);
    }
    for import in kept().flat_map(|symbols| &symbols.imports) {
        let Some((version, of)) = &import.version else {
            let owner = owners.get(import.name.as_str());
            let owner = owner.filter(|_| !defined.contains(import.name.as_str()));
            if let Some((library, export)) = owner {
                let standin = standins.entry((*library).clone()).or_default();
                standin.symbols.insert(Export { version: None, ..(*export).clone() });
            }
            continue;
        };
        for (library, standin) in &mut standins {
            let own = graph.symbols.get(library).filter(|_| standin.soname == *of);
            let exports = own.into_iter().flat_map(|own| own.named(&import.name));
            let export = exports.filter(|export| export.version.as_ref() == Some(version));
            standin.symbols.extend(export.cloned());
        }
    }
    standins
}

/// Which stub has a symbol that is asked for by its name alone: that of its own library, else one
/// that brings its library with it.
fn owners<'a>(graph: &'a Graph, choice: &'a Choice) -> BTreeMap<&'a str, (&'a String, &'a Export)> {
    let mut owners = BTreeMap::new();
    let own = choice.stubs.iter().map(|library| (library, library.clone()));
    let behind = choice.stubs.iter().flat_map(|library| {
        let below = graph.below(library).into_iter();
        below.filter(|one| choice.behind.contains(one)).map(move |one| (library, one))
    });
    for (library, from) in own.chain(behind) {
        for export in graph.symbols.get(&from).into_iter().flat_map(|symbols| &symbols.exports) {
            owners.entry(export.name.as_str()).or_insert((library, export));
        }
    }
    owners
}
