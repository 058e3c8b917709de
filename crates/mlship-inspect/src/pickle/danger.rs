//! Which imports of a pickle are more than data.

use super::{package, python};

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

/// What the import `module.name` can do; `name` may be dotted.
pub(super) fn danger(module: &str, name: &str) -> Danger {
    let module = modern(module);
    let root = module.split('.').next().unwrap_or_default();
    match (module, name) {
        ("builtins", "getattr") => Danger::Reaches,
        _ if python::is_own(root) && python::is_data(module, name) => Danger::None,
        _ if python::is_own(root) || package::is_harmful(module, name) => Danger::Runs,
        _ if module.split('.').any(|part| part == "cloudpickle") => Danger::Carries,
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
        "copy_reg" => "copyreg",
        "exceptions" => "builtins",
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
            ("uuid", "_get_command_stdout"),
            ("distutils.spawn", "spawn"),
            ("setuptools._distutils.spawn", "spawn"),
            ("pathlib", "Path.write_text"),
            ("pathlib", "os.system"),
            ("gzip", "open"),
            ("joblib", "dump"),
            ("joblib.disk", "delete_folder"),
            ("sklearn.externals.joblib", "load"),
            ("numpy", "ndarray.tofile"),
            ("numpy.lib._npyio_impl", "savetxt"),
            ("pandas", "read_csv"),
            ("pandas", "DataFrame.to_pickle"),
            ("torch", "save"),
            ("torch._utils", "_import_dotted_name"),
            ("numpy.core", "_ufunc_reconstruct"),
            ("pandas.compat._optional", "import_optional_dependency"),
            ("torch", "nn.Module.__init__"),
            ("sklearn.datasets._base", "urlretrieve"),
            ("fastai.imports", "__builtins__"),
            ("__main__", "os.system"),
            ("operator", "attrgetter"),
            ("operator", "methodcaller"),
            ("cloudpickle", "loads"),
            ("dill._dill", "_create_function"),
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
            ("copy_reg", "_reconstructor"),
            ("exceptions", "ValueError"),
            ("joblib.numpy_pickle", "NumpyArrayWrapper"),
            ("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"),
            ("fastai.vision.core", "PILImage.create"),
            ("inspect", "_ParameterKind.VAR_KEYWORD"),
            ("numpy.random._pickle", "__randomstate_ctor"),
            ("scipy.signal._filter_design", "butter"),
            ("__main__", "save"),
        ] {
            assert_eq!(danger(module, name), Danger::None, "{module}.{name}");
        }
        assert_eq!(danger("builtins", "getattr"), Danger::Reaches);
        assert_eq!(danger("cloudpickle.cloudpickle", "_make_function"), Danger::Carries);
    }
}
