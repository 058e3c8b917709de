//! What loading a file would run, by its opcodes alone.

use mlship_inspect::{Facts, Format, inspect};

use crate::recipe::MADE_WITH;

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

/// What tensors by name are made of: read by torch's own reader of weights, which runs nothing else.
const TENSORS: &[&str] = &[
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ShortStorage",
    "torch.CharStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
];

/// What makes functions of code that is in the file: it may do anything.
const CODE: &str = "cloudpickle.";

/// What reads another pickle out of the bytes of this one, which are not followed.
const NESTED: &[&str] = &["torch.storage._load_from_bytes"];

/// Packages whose objects are put together when a model is loaded.
const KNOWN: &[&str] = &[
    "PIL",
    "__builtin__",
    "_codecs",
    "builtins",
    "collections",
    "copy_reg",
    "copyreg",
    "datetime",
    "fastai",
    "fastcore",
    "functools",
    "inspect",
    "joblib",
    "lightgbm",
    "numpy",
    "pandas",
    "pathlib",
    "random",
    "scipy",
    "sklearn",
    "torch",
    "torchvision",
    "xgboost",
];

/// What fetches an attribute by name, and so reaches what is not imported.
const REACHING: &[&str] = &["builtins.getattr", "__builtin__.getattr"];

/// What loading a file of these facts would run.
pub fn trust(facts: &Facts) -> Trust {
    let Some(pickle) = &facts.pickle else { return held(facts) };
    let is_refused = |name: &String| name.starts_with(CODE) && !pickle.suspicious.contains(name);
    let code = pickle.globals.iter().filter(|name| is_refused(name));
    let refused: Vec<String> = pickle.suspicious.iter().chain(code).cloned().collect();
    if !refused.is_empty() {
        return Trust::Refused(refused);
    }
    let named = |names: &[&str]| pickle.globals.iter().any(|name| names.contains(&name.as_str()));
    if !pickle.is_followed || named(NESTED) {
        return Trust::Unclear;
    }
    if facts.format == Format::Torch
        && pickle.globals.iter().all(|name| TENSORS.contains(&name.as_str()))
    {
        return Trust::Data;
    }
    let mut strange: Vec<String> =
        pickle.globals.iter().filter(|name| is_strange(name)).cloned().collect();
    strange.sort();
    strange.dedup();
    Trust::Runs(strange)
}

/// Of what is no pickle itself: a folder's weights may be some, where they are not there as
/// safetensors, which are read before others.
fn held(facts: &Facts) -> Trust {
    let is_safe = facts.holds.iter().any(|held| held.format == Format::Safetensors);
    if facts.format != Format::HuggingFace || is_safe {
        return Trust::Data;
    }
    let weights = facts.holds.iter().filter(|held| held.name.ends_with(".bin"));
    let inner = weights.map(|held| match inspect(&facts.path.join(&held.name)) {
        Ok(inner) if inner.pickle.is_some() => trust(&inner),
        _ => Trust::Unclear,
    });
    // The worst of them counts.
    inner.max_by_key(rank).unwrap_or(Trust::Data)
}

fn rank(trust: &Trust) -> u8 {
    match trust {
        Trust::Data => 0,
        Trust::Runs(_) => 1,
        Trust::Unclear => 2,
        Trust::Refused(_) => 3,
    }
}

/// What a model is made of that is of no package that is converted: the user's own modules, and other
/// libraries. Nothing where loading runs nothing.
pub fn foreign(facts: &Facts) -> Vec<String> {
    let Some(pickle) = &facts.pickle else { return Vec::new() };
    let is_known = |root: &str| KNOWN.contains(&root) || MADE_WITH.contains(&root);
    let is_foreign = |name: &str| {
        let root = name.split('.').next().unwrap_or_default();
        root == "__main__" || (pickle.packages.iter().any(|one| one == root) && !is_known(root))
    };
    let mut found: Vec<String> = Vec::new();
    for name in pickle.class.iter().chain(&pickle.globals) {
        if is_foreign(name) && !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

fn is_strange(name: &str) -> bool {
    let root = name.split('.').next().unwrap_or_default();
    !KNOWN.contains(&root) || REACHING.contains(&name)
}
