//! The operators that the classical engine has.

/// An operator and the settings of it that the engine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Its name in a program: the domain, a dot and the name; the name alone for ai.onnx.
    pub name: &'static str,
    /// Every attribute that is understood, in any version of the operator.
    pub attributes: &'static [&'static str],
}

/// One-hot codes of several columns side by side. Its inputs are tables, one for each column, of
/// numbers with `cats_int64s` or of text with `cats_strings`; `columns` are the places in them,
/// `widths` how many of the categories, which are all in one list, belong to each, and `zeros`
/// whether a value that is none of them is all zeros. No model has it: it stands for a chain of
/// operators that converters write.
pub const ONE_HOT_COLUMNS: &str = "mlship.OneHotColumns";

/// The operator of this name, `None` when the classical engine has none.
pub fn operator(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

const fn op(name: &'static str, attributes: &'static [&'static str]) -> Operator {
    Operator { name, attributes }
}

const REDUCE: &[&str] = &["axes", "keepdims", "noop_with_empty_axes"];
const ARG: &[&str] = &["axis", "keepdims", "select_last_index"];
const TREE_NODES: [&str; 12] = [
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_hitrates_as_tensor",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_nodeids",
    "nodes_treeids",
    "nodes_truenodeids",
    "nodes_values",
    "nodes_values_as_tensor",
    "post_transform",
];
const TREE_CLASSIFIER: &[&str] = &joined::<12, 9, 21>(
    TREE_NODES,
    [
        "base_values",
        "base_values_as_tensor",
        "class_ids",
        "class_nodeids",
        "class_treeids",
        "class_weights",
        "class_weights_as_tensor",
        "classlabels_int64s",
        "classlabels_strings",
    ],
);
const TREE_REGRESSOR: &[&str] = &joined::<12, 9, 21>(
    TREE_NODES,
    [
        "aggregate_function",
        "base_values",
        "base_values_as_tensor",
        "n_targets",
        "target_ids",
        "target_nodeids",
        "target_treeids",
        "target_weights",
        "target_weights_as_tensor",
    ],
);

const fn joined<const A: usize, const B: usize, const N: usize>(
    a: [&'static str; A],
    b: [&'static str; B],
) -> [&'static str; N] {
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < A { a[at] } else { b[at - A] };
        at += 1;
    }
    all
}

/// All of them, by name.
pub const OPERATORS: &[Operator] = &[
    op("Abs", &[]),
    op("Add", &[]),
    op("And", &[]),
    op("ArgMax", ARG),
    op("ArgMin", ARG),
    op("Cast", &["to", "saturate", "round_mode"]),
    op("CastLike", &["saturate", "round_mode"]),
    op("Ceil", &[]),
    op("Clip", &["min", "max"]),
    op("Compress", &["axis"]),
    op("Concat", &["axis"]),
    op(
        "Constant",
        &[
            "value",
            "value_float",
            "value_floats",
            "value_int",
            "value_ints",
            "value_string",
            "value_strings",
        ],
    ),
    op("ConstantOfShape", &["value"]),
    op("Cos", &[]),
    op("CumSum", &["exclusive", "reverse"]),
    op("Div", &[]),
    op("Dropout", &["ratio", "seed"]),
    op("Elu", &["alpha"]),
    op("Equal", &[]),
    op("Erf", &[]),
    op("Exp", &[]),
    op("Expand", &[]),
    op("Flatten", &["axis"]),
    op("Floor", &[]),
    op("Gather", &["axis"]),
    op("GatherElements", &["axis"]),
    op("GatherND", &["batch_dims"]),
    op("Gemm", &["alpha", "beta", "transA", "transB"]),
    op("Greater", &[]),
    op("GreaterOrEqual", &[]),
    op("Identity", &[]),
    op("If", &["then_branch", "else_branch"]),
    op("IsInf", &["detect_negative", "detect_positive"]),
    op("IsNaN", &[]),
    op("LeakyRelu", &["alpha"]),
    op("Less", &[]),
    op("LessOrEqual", &[]),
    op("Log", &[]),
    op("LogSoftmax", &["axis"]),
    op("LpNormalization", &["axis", "p"]),
    op("MatMul", &[]),
    op("Max", &[]),
    op("Mean", &[]),
    op("Min", &[]),
    op("Mod", &["fmod"]),
    op("Mul", &[]),
    op("Neg", &[]),
    op("NonZero", &[]),
    op("Not", &[]),
    op("OneHot", &["axis"]),
    op("Or", &[]),
    op("Pow", &[]),
    op("Range", &[]),
    op("Reciprocal", &[]),
    op("ReduceL1", REDUCE),
    op("ReduceL2", REDUCE),
    op("ReduceLogSum", REDUCE),
    op("ReduceLogSumExp", REDUCE),
    op("ReduceMax", REDUCE),
    op("ReduceMean", REDUCE),
    op("ReduceMin", REDUCE),
    op("ReduceProd", REDUCE),
    op("ReduceSum", REDUCE),
    op("ReduceSumSquare", REDUCE),
    op("Relu", &[]),
    op("Reshape", &["allowzero"]),
    op("Round", &[]),
    op(
        "Scan",
        &[
            "body",
            "num_scan_inputs",
            "scan_input_axes",
            "scan_input_directions",
            "scan_output_axes",
            "scan_output_directions",
        ],
    ),
    op("ScatterElements", &["axis", "reduction"]),
    op("Shape", &["start", "end"]),
    op("Sigmoid", &[]),
    op("Sign", &[]),
    op("Sin", &[]),
    op("Size", &[]),
    op("Slice", &["axes", "starts", "ends"]),
    op("Softmax", &["axis"]),
    op("Softplus", &[]),
    op("Split", &["axis", "split", "num_outputs"]),
    op("Sqrt", &[]),
    op("Squeeze", &["axes"]),
    op("StringNormalizer", &["case_change_action", "is_case_sensitive", "locale", "stopwords"]),
    op("Sub", &[]),
    op("Sum", &[]),
    op("Tanh", &[]),
    op(
        "TfIdfVectorizer",
        &[
            "max_gram_length",
            "max_skip_count",
            "min_gram_length",
            "mode",
            "ngram_counts",
            "ngram_indexes",
            "pool_int64s",
            "pool_strings",
            "weights",
        ],
    ),
    op("Tile", &[]),
    op("TopK", &["axis", "k", "largest", "sorted"]),
    op("Transpose", &["perm"]),
    op("Trilu", &["upper"]),
    op("Unsqueeze", &["axes"]),
    op("Where", &[]),
    op("Xor", &[]),
    op("ai.onnx.ml.ArrayFeatureExtractor", &[]),
    op("ai.onnx.ml.Binarizer", &["threshold"]),
    op(
        "ai.onnx.ml.CategoryMapper",
        &["cats_int64s", "cats_strings", "default_int64", "default_string"],
    ),
    op("ai.onnx.ml.FeatureVectorizer", &["inputdimensions"]),
    op(
        "ai.onnx.ml.Imputer",
        &[
            "imputed_value_floats",
            "imputed_value_int64s",
            "replaced_value_float",
            "replaced_value_int64",
        ],
    ),
    op(
        "ai.onnx.ml.LabelEncoder",
        &[
            "classes_strings",
            "default_float",
            "default_int64",
            "default_string",
            "default_tensor",
            "keys_floats",
            "keys_int64s",
            "keys_strings",
            "keys_tensor",
            "values_floats",
            "values_int64s",
            "values_strings",
            "values_tensor",
        ],
    ),
    op(
        "ai.onnx.ml.LinearClassifier",
        &[
            "classlabels_ints",
            "classlabels_strings",
            "coefficients",
            "intercepts",
            "multi_class",
            "post_transform",
        ],
    ),
    op("ai.onnx.ml.LinearRegressor", &["coefficients", "intercepts", "post_transform", "targets"]),
    op("ai.onnx.ml.Normalizer", &["norm"]),
    op("ai.onnx.ml.OneHotEncoder", &["cats_int64s", "cats_strings", "zeros"]),
    op(
        "ai.onnx.ml.SVMClassifier",
        &[
            "classlabels_ints",
            "classlabels_strings",
            "coefficients",
            "kernel_params",
            "kernel_type",
            "post_transform",
            "prob_a",
            "prob_b",
            "rho",
            "support_vectors",
            "vectors_per_class",
        ],
    ),
    op(
        "ai.onnx.ml.SVMRegressor",
        &[
            "coefficients",
            "kernel_params",
            "kernel_type",
            "n_supports",
            "one_class",
            "post_transform",
            "rho",
            "support_vectors",
        ],
    ),
    op("ai.onnx.ml.Scaler", &["offset", "scale"]),
    op(
        "ai.onnx.ml.TreeEnsemble",
        &[
            "aggregate_function",
            "leaf_targetids",
            "leaf_weights",
            "membership_values",
            "n_targets",
            "nodes_falseleafs",
            "nodes_falsenodeids",
            "nodes_featureids",
            "nodes_hitrates",
            "nodes_missing_value_tracks_true",
            "nodes_modes",
            "nodes_splits",
            "nodes_trueleafs",
            "nodes_truenodeids",
            "post_transform",
            "tree_roots",
        ],
    ),
    op("ai.onnx.ml.TreeEnsembleClassifier", TREE_CLASSIFIER),
    op("ai.onnx.ml.TreeEnsembleRegressor", TREE_REGRESSOR),
    op("ai.onnx.ml.ZipMap", &["classlabels_int64s", "classlabels_strings"]),
    op("com.microsoft.CDist", &["metric"]),
    op("com.microsoft.Tokenizer", &["mark", "mincharnum", "pad_value", "tokenexp"]),
];
