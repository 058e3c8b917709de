//! Which imports of a pickle are more than data.

/// What an import can do when the file is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Danger {
    /// It runs code, or touches files or the network.
    Runs,
    /// It fetches an attribute by name, and so reaches what is not imported.
    Reaches,
    /// It brings Python code along, run when the object is used.
    Carries,
    /// Nothing known.
    None,
}

/// Modules of which every name is [`Danger::Runs`].
const MODULES: &[&str] = &[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "commands",
    "popen2",
    "pty",
    "runpy",
    "socket",
    "ssl",
    "webbrowser",
    "importlib",
    "imp",
    "ctypes",
    "shutil",
    "code",
    "codeop",
    "asyncio",
    "bdb",
    "pdb",
    "timeit",
    "cProfile",
    "profile",
    "trace",
    "doctest",
    "pip",
    "ensurepip",
    "venv",
    "urllib",
    "urllib2",
    "http",
    "httplib",
    "ftplib",
    "smtplib",
    "poplib",
    "imaplib",
    "telnetlib",
    "requests",
    "httpx",
    "aiohttp",
    "tempfile",
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "pkgutil",
    "zipimport",
    "platform",
    "signal",
    "_posixsubprocess",
    "_winapi",
    "winreg",
    "gc",
    "linecache",
    "fileinput",
    "glob",
    "pydoc",
    "idlelib",
    "lib2to3",
    "sqlite3",
    "threading",
    "_thread",
    "concurrent",
    "multiprocessing",
    "paramiko",
    "fabric",
];

/// Single names that are [`Danger::Runs`].
const NAMES: &[&str] = &[
    "builtins.eval",
    "builtins.exec",
    "builtins.execfile",
    "builtins.compile",
    "builtins.open",
    "builtins.file",
    "builtins.input",
    "builtins.apply",
    "builtins.__import__",
    "builtins.breakpoint",
    "builtins.globals",
    "builtins.locals",
    "builtins.vars",
    "builtins.setattr",
    "builtins.delattr",
    "io.open",
    "io.open_code",
    "io.FileIO",
    "_io.open",
    "_io.open_code",
    "_io.FileIO",
    "codecs.open",
    "types.FunctionType",
    "types.CodeType",
    "types.LambdaType",
    "joblib.load",
    "joblib.numpy_pickle.load",
    "torch.load",
    "torch.serialization.load",
    "torch.jit.load",
    "pandas.read_pickle",
    "pandas.eval",
    "pandas.io.pickle.read_pickle",
    "numpy.load",
    "numpy.testing._private.utils.runstring",
];

/// Packages whose modules hand on each other's names, and names of theirs that run what they are
/// given.
const HANDED_ON: &[&str] = &["fastai", "fastcore"];
const OF_THEIRS: &[&str] = &[
    "exec_eval",
    "exec_import",
    "exec_local",
    "exec_new",
    "load_learner",
    "load_model",
    "load_pickle",
    "run",
    "run_procs",
    "urlopen",
    "urlread",
    "urlsave",
];

/// Modules that give power over the machine to whoever holds one of them, under whatever name.
const HELD: &[&str] =
    &["os", "sys", "subprocess", "shutil", "importlib", "builtins", "socket", "ctypes", "pickle"];

/// Beginnings of names that are [`Danger::Runs`].
const BEGINNINGS: &[&str] = &[
    "torch.hub.",
    "torch.fx.",
    "torch.package.",
    "torch.distributed.",
    "torch.multiprocessing.",
    "torch.utils.collect_env.",
    "torch.utils.cpp_extension.",
    "numpy.f2py.",
    "numpy.distutils.",
];

/// What the import `module.name` can do; `name` may be dotted.
pub(super) fn danger(module: &str, name: &str) -> Danger {
    let full = format!("{}.{name}", modern(module));
    let root = full.split('.').next().unwrap_or_default();
    let reached = name.split('.').rev().skip(1).any(|part| {
        MODULES.contains(&part.trim_start_matches('_'))
            || part == "__builtins__"
            || part == "__globals__"
    });
    // A module that another imports is the same module.
    let last = name.rsplit('.').next().unwrap_or_default();
    let held = HELD.contains(&last) || (HANDED_ON.contains(&root) && OF_THEIRS.contains(&last));
    if reached
        || held
        || MODULES.contains(&root)
        || NAMES.contains(&full.as_str())
        || BEGINNINGS.iter().any(|beginning| full.starts_with(beginning))
    {
        return Danger::Runs;
    }
    match full.as_str() {
        "builtins.getattr" | "operator.attrgetter" | "operator.methodcaller" => Danger::Reaches,
        _ if ["cloudpickle", "dill", "_dill"].contains(&root) => Danger::Carries,
        _ => Danger::None,
    }
}

/// The import as people know it: `posix.system` is `os.system`.
pub(super) fn known_as(module: &str, name: &str) -> String {
    match modern(module) {
        "posix" | "nt" => format!("os.{name}"),
        module => format!("{module}.{name}"),
    }
}

fn modern(module: &str) -> &str {
    match module {
        "__builtin__" => "builtins",
        "_operator" => "operator",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_run_code() {
        for (module, name) in [
            ("posix", "system"),
            ("nt", "system"),
            ("os", "popen"),
            ("__builtin__", "eval"),
            ("builtins", "exec"),
            ("importlib", "import_module"),
            ("importlib.util", "find_spec"),
            ("random", "_os.system"),
            ("joblib.parallel", "os.system"),
            ("torch.hub", "load"),
            ("torch.serialization", "os"),
            ("fastai.imports", "subprocess"),
            ("fastcore.xtras", "run"),
            ("fastai.vision.all", "run"),
            ("torch.fx.graph_module", "reduce_graph_module"),
        ] {
            assert_eq!(danger(module, name), Danger::Runs, "{module}.{name}");
        }
        assert_eq!(known_as("posix", "system"), "os.system");
        assert_eq!(known_as("__builtin__", "eval"), "builtins.eval");
    }

    #[test]
    fn names_that_are_data() {
        for (module, name) in [
            ("numpy", "dtype"),
            ("builtins", "object"),
            ("copyreg", "_reconstructor"),
            ("sklearn.tree._tree", "Tree"),
            ("pathlib", "PosixPath"),
            ("collections", "OrderedDict"),
        ] {
            assert_eq!(danger(module, name), Danger::None, "{module}.{name}");
        }
        assert_eq!(danger("builtins", "getattr"), Danger::Reaches);
        assert_eq!(danger("cloudpickle.cloudpickle", "_make_function"), Danger::Carries);
    }
}
