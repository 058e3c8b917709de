//! What a scan finds in a pickle.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::bytes::Stop;
use super::danger::{Danger, danger, known_as};
use super::value::Value;

/// The most imports that are listed.
const GLOBALS: usize = 10_000;
/// The most tensors that are told apart.
const STORAGES: usize = 1_000_000;

/// An imported name.
#[derive(Debug, Clone)]
pub(super) struct Global {
    module: String,
    name: String,
    danger: Danger,
    called: bool,
}

/// Everything found in one file, which may hold several pickles.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The highest protocol seen.
    pub(crate) protocol: u8,
    globals: Vec<Global>,
    numbers: HashMap<String, u32>,
    objects: Vec<u32>,
    /// The class of the outermost object of the last pickle, or what else it is.
    pub(crate) top: Option<String>,
    /// Elements of the torch tensors, by element type.
    pub(crate) elements: BTreeMap<String, u64>,
    storages: HashSet<String>,
    /// Versions that objects carry: `scikit-learn` and `1.5.2`.
    pub(crate) versions: BTreeMap<&'static str, String>,
    /// Imports whose names are computed, and so not known.
    pub(crate) unresolved: u64,
    /// Arrays that joblib wrote between the opcodes.
    pub(crate) joblib_arrays: u64,
    /// Opcodes read.
    pub(crate) opcodes: u64,
    /// Why the scan stopped before the end.
    pub(crate) stop: Option<Stop>,
    /// Imports left out of the list.
    pub(crate) left_out: u64,
    /// How often the file holds what fetches an attribute by name, less the times that it only
    /// fetches one that is known and does no harm.
    loose: u64,
}

impl Found {
    /// Notes an import; `None` when the list is full.
    pub(super) fn import(&mut self, module: &str, name: &str) -> Option<u32> {
        let full = format!("{module}.{name}");
        if let Some(number) = self.numbers.get(&full) {
            return Some(*number);
        }
        let danger = danger(module, name);
        if self.globals.len() >= GLOBALS && danger != Danger::Runs
            || self.globals.len() >= 2 * GLOBALS
        {
            self.left_out += 1;
            return None;
        }
        let number = u32::try_from(self.globals.len()).ok()?;
        let (module, name) = (module.to_owned(), name.to_owned());
        self.globals.push(Global { module, name, danger, called: false });
        self.numbers.insert(full, number);
        Some(number)
    }

    /// Notes that an import is called while loading.
    pub(super) fn call(&mut self, number: u32) {
        self.globals[number as usize].called = true;
    }

    /// Notes that an object of an imported class is made.
    pub(super) fn make(&mut self, number: u32) {
        self.call(number);
        if !self.objects.contains(&number) && self.objects.len() < 1000 {
            self.objects.push(number);
        }
    }

    /// Notes that an import is at hand, to be called or handed on.
    pub(super) fn hold(&mut self, number: u32) {
        self.loose += u64::from(self.globals[number as usize].danger == Danger::Reaches);
    }

    /// Notes that an attribute is fetched by name, which is judged as if it were imported.
    pub(super) fn reach(&mut self, arguments: &[Value]) {
        let [Value::Global(number) | Value::Object(number), Value::Text(name)] = arguments else {
            return;
        };
        let Global { module, name: class, .. } = &self.globals[*number as usize];
        if danger(module, &format!("{class}.{name}")) == Danger::None {
            self.loose = self.loose.saturating_sub(1);
        }
    }

    /// `module.name` of an import.
    pub(super) fn name(&self, number: u32) -> String {
        let global = &self.globals[number as usize];
        format!("{}.{}", global.module, global.name)
    }

    /// Notes a torch tensor's storage, once.
    pub(super) fn storage(&mut self, key: &str, kind: u32, elements: u64) {
        if self.storages.len() >= STORAGES || !self.storages.insert(key.to_owned()) {
            return;
        }
        let kind = torch_type(&self.globals[kind as usize].name);
        let sum = self.elements.entry(kind).or_default();
        *sum = sum.saturating_add(elements);
    }

    /// All imports, in the order of the file.
    pub(crate) fn globals(&self) -> Vec<String> {
        (0..self.globals.len() as u32).map(|number| self.name(number)).collect()
    }

    /// Classes of which the file holds objects, in the order of the file.
    pub(crate) fn objects(&self) -> Vec<String> {
        self.objects.iter().map(|number| self.name(*number)).collect()
    }

    /// Whether a package is imported from.
    pub(crate) fn uses(&self, package: &str) -> bool {
        self.globals.iter().any(|global| root(&global.module) == package)
    }

    /// Packages that the file needs when loaded; Python's own modules are left out.
    pub(crate) fn packages(&self) -> Vec<String> {
        let mut packages: Vec<String> = Vec::new();
        for global in &self.globals {
            let root = root(&global.module);
            let own = PYTHON_OWN.contains(&root) || global.danger == Danger::Runs;
            if !own && !packages.iter().any(|package| package == root) {
                packages.push(root.to_owned());
            }
        }
        packages
    }

    /// Imports that run code as people know them, and whether loading calls them.
    pub(crate) fn suspicious(&self) -> Vec<(String, String, bool)> {
        let is_loose = |global: &&Global| global.danger == Danger::Reaches && self.loose > 0;
        self.globals
            .iter()
            .filter(|global| global.danger == Danger::Runs || is_loose(global))
            .map(|global| {
                let written = format!("{}.{}", global.module, global.name);
                (known_as(&global.module, &global.name), written, global.called)
            })
            .collect()
    }

    /// Imports that reach attributes by name, where all of those are known.
    pub(crate) fn reaching(&self) -> Vec<String> {
        if self.loose > 0 {
            return Vec::new();
        }
        self.with(Danger::Reaches).map(|global| known_as(&global.module, &global.name)).collect()
    }

    /// Whether Python functions are written into the file.
    pub(crate) fn carries_code(&self) -> bool {
        self.with(Danger::Carries).next().is_some()
    }

    fn with(&self, wanted: Danger) -> impl Iterator<Item = &Global> {
        self.globals.iter().filter(move |global| global.danger == wanted)
    }
}

/// Modules of Python itself that data is commonly made of.
const PYTHON_OWN: &[&str] = &[
    "builtins",
    "__builtin__",
    "copyreg",
    "copy_reg",
    "collections",
    "_codecs",
    "codecs",
    "functools",
    "operator",
    "_operator",
    "datetime",
    "decimal",
    "fractions",
    "enum",
    "types",
    "re",
    "uuid",
    "pathlib",
    "itertools",
    "random",
    "typing",
    "dataclasses",
    "io",
    "_io",
    "abc",
    "weakref",
    "inspect",
    "array",
    "__main__",
    "__torch__",
    "string",
    "math",
    "time",
    "logging",
    "argparse",
];

fn root(module: &str) -> &str {
    module.split('.').next().unwrap_or_default()
}

fn torch_type(class: &str) -> String {
    let name = match class.trim_end_matches("Storage") {
        "Float" => "float32",
        "Double" => "float64",
        "Half" => "float16",
        "BFloat16" => "bfloat16",
        "Long" => "int64",
        "Int" => "int32",
        "Short" => "int16",
        "Char" => "int8",
        "Byte" | "Untyped" => "uint8",
        "Bool" => "bool",
        other => other,
    };
    name.to_owned()
}
