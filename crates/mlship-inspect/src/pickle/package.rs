//! Packages that models are made of: which of their names touch files, processes, the network or
//! other pickles. What a package is not known by name for is left to whoever trusts the file.

/// Packages of which every name does.
const PACKAGES: &[&str] = &[
    "IPython",
    "_distutils_hack",
    "_pytest",
    "aiohttp",
    "dill",
    "fabric",
    "fsspec",
    "httpx",
    "invoke",
    "ipykernel",
    "paramiko",
    "pexpect",
    "pip",
    "pkg_resources",
    "psutil",
    "ptyprocess",
    "py",
    "pytest",
    "requests",
    "setuptools",
    "sh",
    "urllib3",
    "wget",
    "wheel",
];

/// Parts of a module's path of which every name does, whatever the package.
const INSIDE: &[&str] = &["_distutils", "dill", "distutils", "f2py", "loky", "moves"];

/// Modules of which every name does.
const BEGINNINGS: &[&str] = &[
    "PIL.EpsImagePlugin.",
    "PIL.ImageGrab.",
    "PIL.ImageMath.",
    "PIL.ImageShow.",
    "fastai.callback.tensorboard.",
    "fastai.callback.wandb.",
    "fastai.data.external.",
    "fastcore.net.",
    "fastcore.parallel.",
    "fastcore.script.",
    "fastcore.shutil.",
    "fastcore.xtras.",
    "lightgbm.dask.",
    "numpy._core._multiarray_tests.",
    "numpy.ctypeslib.",
    "numpy.lib._datasource.",
    "numpy.lib._format_impl.",
    "numpy.lib._npyio_impl.",
    "numpy.lib._utils_impl.",
    "numpy.lib.format.",
    "numpy.lib.npyio.",
    "numpy.lib.utils.",
    "numpy.testing.",
    "pandas._testing.",
    "pandas.core.computation.",
    "pandas.io.",
    "pandas.testing.",
    "pandas.util.",
    "scipy._build_utils.",
    "scipy.datasets.",
    "scipy.io.",
    "sklearn._build_utils.",
    "sklearn.conftest.",
    "sklearn.utils._joblib.",
    "sklearn.utils._testing.",
    "torch._dynamo.",
    "torch._inductor.",
    "torch.cuda._memory_viz.",
    "torch.distributed.",
    "torch.export.",
    "torch.fx.",
    "torch.hub.",
    "torch.jit._serialization.",
    "torch.multiprocessing.",
    "torch.onnx.",
    "torch.package.",
    "torch.testing.",
    "torch.utils.benchmark.",
    "torch.utils.bottleneck.",
    "torch.utils.bundled_inputs.",
    "torch.utils.collect_env.",
    "torch.utils.cpp_extension.",
    "torch.utils.data.datapipes.",
    "torch.utils.file_baton.",
    "torch.utils.model_dump.",
    "torch.utils.model_zoo.",
    "torch.utils.show_pickle.",
    "torch.utils.tensorboard.",
    "torchvision.datasets.",
    "torchvision.io.",
    "xgboost.collective.",
    "xgboost.dask.",
    "xgboost.rabit.",
    "xgboost.spark.",
    "xgboost.testing.",
    "xgboost.tracker.",
];

/// Names that do wherever they come from: modules hand on what they import.
const ANYWHERE: &[&str] = &[
    "Client",
    "DataSource",
    "ExcelFile",
    "ExcelWriter",
    "FileIO",
    "HDFStore",
    "NamedTemporaryFile",
    "Popen",
    "TemporaryDirectory",
    "_dump",
    "_dump_pandas_categorical",
    "_eval_no_call",
    "_import_dotted_name",
    "_import_module",
    "_legacy_load",
    "_legacy_save",
    "_load",
    "_load_backend",
    "_make_tuple_bunch",
    "_nonlin_wrapper",
    "_open_file",
    "_save",
    "_save_memory_usage",
    "_save_segment_usage",
    "_sub_module_deprecation",
    "_test_cython_extension",
    "_tokenize_files",
    "_ufunc_reconstruct",
    "add_newdoc",
    "build_ignore_context_manager",
    "check_call",
    "check_library_installed",
    "check_output",
    "clone_module",
    "copyfile",
    "copytree",
    "delete_folder",
    "dump",
    "dump_svmlight_file",
    "dumps",
    "dynamic_subimport",
    "eval",
    "exec",
    "exec_command",
    "execfile",
    "format_flamegraph",
    "from_file",
    "fromfile",
    "fromregex",
    "genfromtxt",
    "get_weight",
    "getoutput",
    "import_module",
    "import_optional_dependency",
    "load",
    "load_files",
    "load_library",
    "load_npz",
    "load_state_dict_from_url",
    "load_svmlight_file",
    "load_svmlight_files",
    "load_workbook",
    "loads",
    "loadtxt",
    "makedirs",
    "memmap",
    "mkdtemp",
    "mkstemp",
    "module_from_spec",
    "ndfromtxt",
    "open",
    "open_memmap",
    "pickle_flatten",
    "popen",
    "recfromcsv",
    "recfromtxt",
    "rmtree",
    "run_command",
    "run_module",
    "run_path",
    "runstring",
    "save",
    "savetxt",
    "savez",
    "savez_compressed",
    "set_trace",
    "show_options",
    "spec_from_file_location",
    "subimport",
    "system",
    "to_pickle",
    "tofile",
    "unlink",
    "unpickle_function",
    "urlopen",
    "urlretrieve",
];

/// Beginnings of such names.
const ANYWHERE_BEGINNINGS: &[&str] = &["download", "save_", "write_to_file"];

/// Modules that give power over the machine to whoever holds one of them, under whatever name.
const HELD: &[&str] = &[
    "builtins",
    "cloudpickle",
    "ctypes",
    "gzip",
    "importlib",
    "io",
    "multiprocessing",
    "os",
    "pickle",
    "posix",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "urllib",
];

/// Packages whose modules hand on each other's names, and names of theirs that run or fetch what
/// they are given.
const HANDED_ON: &[&str] = &["fastai", "fastcore"];
const OF_THEIRS: &[&str] = &[
    "Config",
    "Self",
    "_SelfCls",
    "attrgot",
    "bunzip",
    "call_parse",
    "eval_type",
    "exec_eval",
    "exec_import",
    "exec_local",
    "exec_new",
    "expand_wildcards",
    "file_extract",
    "get_annotations",
    "get_source_link",
    "getattrs",
    "getcallable",
    "join_path_file",
    "load_learner",
    "load_model",
    "load_pickle",
    "loads_multi",
    "maybe_open",
    "mk_write",
    "mkdir",
    "nested_attr",
    "nested_callable",
    "open_file",
    "parallel",
    "repl_in_files",
    "resize_image",
    "resize_images",
    "rm_useless_spaces",
    "run",
    "run_procs",
    "start_client",
    "start_server",
    "startproc",
    "startthread",
    "tar_extract",
    "untar_data",
    "untar_dir",
    "urlcheck",
    "urljson",
    "urlread",
    "urlrequest",
    "urlsave",
    "urlsend",
    "using_attr",
    "write_json",
];

/// What joblib writes into its files.
const JOBLIB: &[&str] = &[
    "numpy_pickle.NDArrayWrapper",
    "numpy_pickle.NumpyArrayWrapper",
    "numpy_pickle.ZNDArrayWrapper",
    "numpy_pickle_compat.NDArrayWrapper",
    "numpy_pickle_compat.ZNDArrayWrapper",
];

/// Methods that objects of models keep hold of, and that do no harm.
const METHODS: &[&str] = &["before_call", "create", "dataloaders", "lighting"];

/// Whether `module.name` does; `name` may be dotted.
pub(super) fn is_harmful(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    let root = module.split('.').next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_pandas_reader = root == "pandas" && last.starts_with("read_");
    let by_module = PACKAGES.contains(&root)
        || module.split('.').any(|part| INSIDE.contains(&part))
        || BEGINNINGS.iter().any(|beginning| full.starts_with(beginning))
        || is_other_joblib(&full)
        || (full.starts_with("sklearn.datasets.") && last != "Bunch");
    // What the file's own script defined is told apart, and may have any name.
    let by_name = root != "__main__"
        && (ANYWHERE.contains(&last)
            || ANYWHERE_BEGINNINGS.iter().any(|beginning| last.starts_with(beginning))
            || is_pandas_reader
            || (HANDED_ON.contains(&root) && OF_THEIRS.contains(&last)));
    by_module || by_name || HELD.contains(&last) || reaches_through(name)
}

/// Whether it is of joblib, by itself or inside scikit-learn as it was, and not in its files.
fn is_other_joblib(full: &str) -> bool {
    let full = full.strip_prefix("sklearn.externals.").unwrap_or(full);
    full.strip_prefix("joblib.").is_some_and(|name| !JOBLIB.contains(&name))
}

/// Whether a name goes through a class or module to something that is not known: a class in a
/// class and a member of an enumeration begin with a capital, as the class does that holds them.
fn reaches_through(name: &str) -> bool {
    let is_class = |part: &str| part.trim_start_matches('_').starts_with(char::is_uppercase);
    let is_hidden = |part: &str| part.starts_with("__") && part.ends_with("__");
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let is_dotted = !rest.is_empty();
    let known = |part: &str| is_class(part) || METHODS.contains(&part);
    name.split('.').any(is_hidden)
        || (is_dotted && !(is_class(first) && rest.split('.').all(known)))
}
