//! Python's own library: which of its names the pickles of models are made of. All others count as
//! harmful, for no list of what can do harm is ever whole.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The library's top-level modules: `sys.stdlib_module_names` of Python 3.13, those that were
/// there before, and the names of Python 2 that unpickling translates.
static MODULES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("python.txt").lines().collect());

/// Names that data is made of, by module.
const DATA: &[(&str, &[&str])] = &[
    (
        "builtins",
        &[
            "object",
            "type",
            "list",
            "dict",
            "set",
            "frozenset",
            "tuple",
            "str",
            "bytes",
            "bytearray",
            "int",
            "float",
            "complex",
            "bool",
            "slice",
            "range",
            "xrange",
            "long",
            "unicode",
            "basestring",
            "Ellipsis",
            "NotImplemented",
            "None",
            "print",
            "len",
            "sum",
            "min",
            "max",
            "abs",
            "round",
            "sorted",
            "reversed",
            "enumerate",
            "zip",
            "any",
            "all",
            "str.lower",
            "unicode.lower",
            "str.upper",
            "str.strip",
            "str.split",
            "str.title",
            "str.casefold",
        ],
    ),
    ("_codecs", &["encode"]),
    ("codecs", &["encode"]),
    ("argparse", &["Namespace"]),
    ("array", &["array", "_array_reconstructor"]),
    (
        "collections",
        &[
            "OrderedDict",
            "defaultdict",
            "deque",
            "Counter",
            "ChainMap",
            "UserDict",
            "UserList",
            "UserString",
        ],
    ),
    ("copyreg", &["_reconstructor", "__newobj__", "__newobj_ex__"]),
    ("datetime", &["date", "datetime", "time", "timedelta", "timezone"]),
    ("decimal", &["Decimal"]),
    ("enum", &["Enum", "IntEnum", "Flag", "IntFlag", "StrEnum", "auto"]),
    ("fractions", &["Fraction"]),
    ("functools", &["partial"]),
    ("inspect", &["Parameter", "Signature", "_ParameterKind", "_empty", "_void"]),
    ("itertools", &["chain", "count", "cycle", "repeat", "islice", "product"]),
    ("logging", &["Logger", "getLogger"]),
    (
        "math",
        &[
            "acos", "asin", "atan", "atan2", "cbrt", "ceil", "cos", "cosh", "degrees", "erf",
            "erfc", "exp", "exp2", "expm1", "fabs", "floor", "gamma", "hypot", "isnan", "lgamma",
            "log", "log10", "log1p", "log2", "pow", "radians", "sin", "sinh", "sqrt", "tan",
            "tanh", "trunc",
        ],
    ),
    (
        "operator",
        &[
            "itemgetter",
            "add",
            "sub",
            "mul",
            "truediv",
            "floordiv",
            "mod",
            "neg",
            "pos",
            "abs",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "and_",
            "or_",
            "not_",
        ],
    ),
    (
        "pathlib",
        &["Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"],
    ),
    ("random", &["Random"]),
    ("re", &["_compile"]),
    ("time", &["struct_time"]),
    ("types", &["SimpleNamespace", "NoneType", "EllipsisType"]),
    ("typing", &["Any", "Callable", "Dict", "List", "Optional", "Set", "Tuple", "Union"]),
    ("uuid", &["UUID", "SafeUUID"]),
    ("zoneinfo", &["ZoneInfo", "ZoneInfo._unpickle"]),
];

/// Whether `module`, of which `root` is the first part, is of Python's own library.
pub(super) fn is_own(root: &str) -> bool {
    MODULES.contains(root)
}

/// Whether data is made of `module.name`, both as Python 3 calls them.
pub(super) fn is_data(module: &str, name: &str) -> bool {
    // Modules of which Python moved the names, and those that keep them under two.
    let module = match module {
        "pathlib._local" => "pathlib",
        "_collections" | "UserDict" | "UserList" | "UserString" => "collections",
        "_functools" => "functools",
        "_datetime" | "_pydatetime" => "datetime",
        "_decimal" | "_pydecimal" => "decimal",
        "_random" => "random",
        "_zoneinfo" | "zoneinfo._zoneinfo" => "zoneinfo",
        other => other,
    };
    let is_exception = || {
        let ends = ["Error", "Exception", "Warning", "StopIteration"];
        ends.iter().any(|end| name.ends_with(end)) && !name.contains('.')
    };
    let is_named = DATA.iter().any(|(listed, names)| *listed == module && names.contains(&name));
    let is_kind = module == "inspect" && name.starts_with("_ParameterKind.");
    is_named || is_kind || (module == "builtins" && is_exception())
}
