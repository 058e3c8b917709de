//! What loading a file would run, by its opcodes alone.

use mlship_inspect::Facts;

/// What loading a file would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Nothing: it is data.
    Data,
    /// Constructors of packages that models are made of, and of what is listed here besides.
    Runs(Vec<String>),
    /// What no model needs, and an attack does.
    Refused(Vec<String>),
    /// Not to be told: the file is damaged, or hides what it imports.
    Unclear,
}

/// Packages whose objects are put together when a model is loaded.
const KNOWN: &[&str] = &[
    "_codecs",
    "builtins",
    "collections",
    "copy_reg",
    "copyreg",
    "datetime",
    "functools",
    "joblib",
    "lightgbm",
    "numpy",
    "pandas",
    "pathlib",
    "scipy",
    "sklearn",
    "xgboost",
];

/// What fetches an attribute by name, and so reaches what is not imported.
const REACHING: &[&str] = &["builtins.getattr", "__builtin__.getattr"];

/// What loading a file of these facts would run.
pub fn trust(facts: &Facts) -> Trust {
    let Some(pickle) = &facts.pickle else { return Trust::Data };
    if !pickle.suspicious.is_empty() {
        return Trust::Refused(pickle.suspicious.clone());
    }
    if !pickle.is_followed {
        return Trust::Unclear;
    }
    let mut strange: Vec<String> =
        pickle.globals.iter().filter(|name| is_strange(name)).cloned().collect();
    strange.sort();
    strange.dedup();
    Trust::Runs(strange)
}

fn is_strange(name: &str) -> bool {
    let root = name.split('.').next().unwrap_or_default();
    !KNOWN.contains(&root) || REACHING.contains(&name)
}
