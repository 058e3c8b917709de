"""Single operators of ai.onnx.ml with every setting that matters, answered by onnxruntime."""

import itertools
import sys

import numpy as np
from onnx import TensorProto, helper
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidGraph, NotImplemented

from cases import Cases, reference

ML = "ai.onnx.ml"
RNG = np.random.RandomState(7)
TYPES = {"float32": 1, "int32": 6, "int64": 7, "bool": 9, "float64": 11}
TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
NAMES = {
    "CDist": "com.microsoft",
    "Tokenizer": "com.microsoft",
}


def type_of(value):
    return TensorProto.STRING if value.dtype.kind in "OU" else TYPES[value.dtype.name]


class Writer:
    def __init__(self, folder):
        self.cases = Cases(folder)
        self.count = 0

    def op(self, op, inputs, outputs=1, ml=3, **attributes):
        """Adds one operator; `outputs` are types, or how many floats."""
        kinds = [TensorProto.FLOAT] * outputs if isinstance(outputs, int) else outputs
        domain = NAMES.get(op, ML)
        inputs = [np.asarray(v, dtype=object) if np.asarray(v).dtype.kind == "U" else np.asarray(v) for v in inputs]
        ins = [f"i{n}" for n in range(len(inputs))]
        outs = [f"o{n}" for n in range(len(kinds))]
        attributes = {k: v for k, v in attributes.items() if v is not None}
        node = helper.make_node(op, ins, outs, domain=domain, **attributes)
        graph = helper.make_graph(
            [node],
            "g",
            [helper.make_tensor_value_info(n, type_of(v), v.shape) for n, v in zip(ins, inputs)],
            [helper.make_tensor_value_info(n, k, None) for n, k in zip(outs, kinds)],
        )
        if op == "ZipMap":
            graph.output[0].type.Clear()
            kind = graph.output[0].type.sequence_type.elem_type.map_type
            kind.key_type = TensorProto.INT64 if "classlabels_int64s" in attributes else TensorProto.STRING
            kind.value_type.tensor_type.elem_type = TensorProto.FLOAT
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, ml)]
        if domain not in ("", ML):
            opsets.append(helper.make_opsetid(domain, 1))
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        data = model.SerializeToString()
        self.count += 1
        name = f"{op}_{self.count}"
        more = {"operators": [f"{domain}.{op}"], "rtol": 1e-5, "atol": 1e-6}
        try:
            answers = reference(data, dict(zip(ins, inputs)))
        except (NotImplemented, InvalidGraph):
            self.cases.skip(name, skipped="types that onnxruntime cannot answer", **more)
            return
        self.cases.add(name, data, inputs, answers, **more)


def floats(*shape):
    return RNG.randn(*shape).astype(np.float32)


def features(w):
    x = floats(6, 4)
    for kind in (np.float32, np.float64, np.int64, np.int32):
        w.op("Scaler", [(x * 5).astype(kind)], offset=[1.0, 2, 3, 4], scale=[0.5, 1, 2, 3])
    w.op("Scaler", [x], offset=[1.5], scale=[0.25])
    for norm, kind in itertools.product(["MAX", "L1", "L2"], [np.float32, np.float64, np.int64]):
        w.op("Normalizer", [(x * 5).astype(kind)], norm=norm)
    w.op("Normalizer", [np.zeros((2, 3), np.float32)], norm="L2")
    gaps = x.copy()
    gaps[RNG.rand(6, 4) < 0.3] = np.nan
    w.op("Imputer", [gaps], imputed_value_floats=[1.0, 2, 3, 4], replaced_value_float=float("nan"))
    w.op("Imputer", [gaps], imputed_value_floats=[9.0], replaced_value_float=float("nan"))
    ints = RNG.randint(0, 3, (6, 4))
    w.op("Imputer", [ints], [7], imputed_value_int64s=[10, 20, 30, 40], replaced_value_int64=0)
    w.op("FeatureVectorizer", [x, floats(6, 2)], inputdimensions=[4, 2])
    w.op("FeatureVectorizer", [ints, RNG.randint(0, 9, (6, 1))], inputdimensions=[4, 1])
    for kind in (np.float32, np.int64, np.float64, np.int32):
        w.op("ArrayFeatureExtractor", [(x * 9).astype(kind), np.array([2, 0])], [type_of(x.astype(kind))])
    w.op("ArrayFeatureExtractor", [np.array([["a", "b"]]), np.array([1, 0, 1])], [8])
    w.op("Binarizer", [x], threshold=0.25)
    for metric in ("sqeuclidean", "euclidean"):
        w.op("CDist", [floats(3, 4), floats(5, 4)], metric=metric)
    w.op("CDist", [RNG.randn(3, 4), RNG.randn(5, 4)], [11], metric="sqeuclidean")


def categories(w):
    words = np.array([["a"], ["c"], ["?"], ["b"]])
    w.op("OneHotEncoder", [words], cats_strings=["a", "b", "c"], zeros=1)
    w.op("OneHotEncoder", [words[[0, 1, 3]]], cats_strings=["a", "b", "c"], zeros=0)
    for kind in (np.int64, np.float32, np.float64, np.int32):
        w.op("OneHotEncoder", [np.array([[3], [1], [9]], kind)], cats_int64s=[1, 2, 3], zeros=1)
    w.op("CategoryMapper", [words], [7], cats_strings=["a", "b"], cats_int64s=[5, 6], default_int64=-3)
    w.op("CategoryMapper", [np.array([5, 6, 7])], [8], cats_strings=["a", "b"], cats_int64s=[5, 6], default_string="?")
    w.op("LabelEncoder", [words], [7], ml=1, classes_strings=["a", "b", "c"])
    w.op("LabelEncoder", [np.array([0, 2, 9])], [8], ml=1, classes_strings=["a", "b", "c"])
    sides = {
        "strings": (np.array(["a", "b", "zz"]), ["a", "b"], ["x", "y"], 8),
        "int64s": (np.array([1, 2, 77]), [1, 2], [10, 20], 7),
        "floats": (np.array([1.5, np.nan, 7], np.float32), [1.5, float("nan")], [0.5, 2.5], 1),
    }
    defaults = {"strings": {"default_string": "none"}, "int64s": {"default_int64": -9}, "floats": {"default_float": 4.5}}
    for (a, left), (b, right) in itertools.product(sides.items(), sides.items()):
        for more in ({}, defaults[b]):
            w.op("LabelEncoder", [left[0]], [right[3]], **{f"keys_{a}": left[1], f"values_{b}": right[2]}, **more)
    for kind, value in ((TensorProto.INT64, np.int64), (TensorProto.FLOAT, np.float32), (TensorProto.DOUBLE, np.float64)):
        keys = helper.make_tensor("k", kind, [2], [1, 2])
        for other in (TensorProto.INT64, TensorProto.FLOAT, TensorProto.DOUBLE):
            w.op(
                "LabelEncoder", [np.array([2, 1, 5], value)], [other], ml=4, keys_tensor=keys,
                values_tensor=helper.make_tensor("v", other, [2], [7, 8]),
                default_tensor=helper.make_tensor("d", other, [1], [3]),
            )
    scores = floats(3, 2)
    w.op("ZipMap", [scores], classlabels_int64s=[0, 1])
    w.op("ZipMap", [scores], classlabels_strings=["a", "b"])


def words(w):
    texts = np.array(["Good value, 4_u", "", "caf\u00e9 \u00fcber a bc", "one", "..!"], dtype=object)
    split = dict(mark=0, pad_value="#", mincharnum=1)
    for expression in ("[a-zA-Z0-9_]+", "[a-z]{2,}", "[\\w]+", "[a-z\u00fc\u00e9]+", "."):
        w.op("Tokenizer", [texts], [8], tokenexp=expression, **split)
        w.op("Tokenizer", [texts.reshape(-1, 1)], [8], tokenexp=expression, **split)
    w.op("Tokenizer", [texts], [8], tokenexp="[a-z]+", mark=0, pad_value="", mincharnum=3)
    w.op("Tokenizer", [np.array([["a b", "c"], ["d", "e f g"]], dtype=object)], [8], tokenexp="[a-z]+", **split)
    w.op("Tokenizer", [np.array(["..", "!"], dtype=object)], [8], tokenexp="[a-z]+", **split)


def linear(w):
    x = floats(12, 3)
    for transform in TRANSFORMS:
        if transform != "PROBIT":
            w.op("LinearRegressor", [x], coefficients=list(map(float, RNG.randn(6))), intercepts=[0.5, -0.5], targets=2, post_transform=transform)
        for labels in ({"classlabels_ints": [3, 5, 9]}, {"classlabels_strings": ["a", "b", "c"]}):
            if transform == "PROBIT":
                continue
            w.op("LinearClassifier", [x], [7 if "classlabels_ints" in labels else 8, 1], coefficients=list(map(float, RNG.randn(9))), intercepts=[0.1, 0.2, -0.1], multi_class=1, post_transform=transform, **labels)
        if transform in ("NONE", "LOGISTIC", "SOFTMAX"):
            for labels in ({"classlabels_ints": [0, 1]}, {"classlabels_strings": ["n", "y"]}):
                kind = 7 if "classlabels_ints" in labels else 8
                w.op("LinearClassifier", [x], [kind, 1], coefficients=[0.5, -1.0, 2.0], intercepts=[0.25], post_transform=transform, **labels)
                w.op("LinearClassifier", [x], [kind, 1], coefficients=[-0.5, 1.0, -2.0, 0.5, -1.0, 2.0], intercepts=[-0.25, 0.25], post_transform=transform, **labels)
    for kind in (np.float64, np.int64, np.int32):
        w.op("LinearClassifier", [(x * 3).astype(kind)], [7, 1], coefficients=[0.5, -1.0, 2.0], intercepts=[0.25], classlabels_ints=[0, 1], post_transform="LOGISTIC")


def svm(w):
    x = floats(20, 3)
    listed = lambda *shape: list(map(float, RNG.randn(*shape).ravel()))
    kernels = [("LINEAR", [0.5, 0.0, 3.0]), ("POLY", [0.3, 1.0, 2.0]), ("RBF", [0.4, 0.0, 3.0]), ("SIGMOID", [0.2, 0.1, 3.0])]
    for (kernel, params), one_class in itertools.product(kernels, (0, 1)):
        w.op("SVMRegressor", [x], coefficients=listed(5), support_vectors=listed(5, 3), n_supports=5, rho=[0.1], kernel_type=kernel, kernel_params=params, one_class=one_class)
    w.op("SVMRegressor", [x], coefficients=listed(3), rho=[0.1], n_supports=0, kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])
    for (kernel, params), proba, transform in itertools.product(kernels, (False, True), ("NONE", "LOGISTIC", "SOFTMAX")):
        for per_class, labels in (([2, 3], {"classlabels_ints": [4, 8]}), ([2, 2, 1], {"classlabels_strings": ["a", "b", "c"]})):
            n = len(per_class)
            pairs = n * (n - 1) // 2
            prob = {"prob_a": [-1.0] * pairs, "prob_b": [0.1] * pairs} if proba else {}
            w.op("SVMClassifier", [x], [7 if n == 2 else 8, 1], coefficients=listed((n - 1) * 5), support_vectors=listed(5, 3), vectors_per_class=per_class, rho=listed(pairs), kernel_type=kernel, kernel_params=params, post_transform=transform, **labels, **prob)


def forest(trees, leaves_of, modes=("BRANCH_LEQ",), tracks=False):
    """Trees of three comparisons and four leaves each."""
    out = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    weights = []
    for tree in range(trees):
        for node in range(7):
            inner = node < 3
            out["treeids"].append(tree)
            out["nodeids"].append(node)
            out["featureids"].append(int(RNG.randint(3)) if inner else 0)
            out["values"].append(float(np.round(RNG.randn(), 1)) if inner else 0.0)
            out["modes"].append(str(RNG.choice(modes)) if inner else "LEAF")
            out["truenodeids"].append(2 * node + 1 if inner else 0)
            out["falsenodeids"].append(2 * node + 2 if inner else 0)
            out["missing_value_tracks_true"].append(int(RNG.randint(2)) if inner and tracks else 0)
            if not inner:
                weights += [(tree, node, target, weight) for target, weight in leaves_of()]
    return {f"nodes_{k}": v for k, v in out.items()}, weights


def weighed(prefix, weights):
    tree, node, target, weight = zip(*weights)
    return {f"{prefix}_treeids": tree, f"{prefix}_nodeids": node, f"{prefix}_ids": target, f"{prefix}_weights": weight}


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def doubles(attributes, prefix):
    for key in ("nodes_values", f"{prefix}_weights", "base_values"):
        if key in attributes:
            values = attributes.pop(key)
            attributes[f"{key}_as_tensor"] = helper.make_tensor(key, TensorProto.DOUBLE, [len(values)], values)
    return attributes


def trees(w):
    x = np.round(floats(40, 3), 1)
    x[RNG.rand(40, 3) < 0.1] = np.nan
    one = lambda target, low=-1.0: lambda: [(target, float(RNG.uniform(low, 1)))]
    many = lambda targets, low=-1.0: lambda: [(t, float(RNG.uniform(low, 1))) for t in range(targets)]
    for modes, tracks in [([m], False) for m in MODES] + [(MODES, True), (["BRANCH_LEQ"], True)]:
        nodes, weights = forest(4, one(0), modes, tracks)
        w.op("TreeEnsembleRegressor", [x], n_targets=1, **nodes, **weighed("target", weights))
    for aggregate, targets, base, transform in itertools.product(["SUM", "AVERAGE", "MIN", "MAX"], [1, 2], [None, 1], TRANSFORMS):
        if transform == "PROBIT" and (targets != 1 or aggregate != "AVERAGE"):
            continue
        nodes, weights = forest(5, many(targets, 0.1 if transform == "PROBIT" else -1.0))
        base_values = [0.0 if transform == "PROBIT" else 0.5] * targets if base else None
        w.op("TreeEnsembleRegressor", [x], n_targets=targets, aggregate_function=aggregate, base_values=base_values, post_transform=transform, **nodes, **weighed("target", weights))
    nodes, weights = forest(5, lambda: [(int(RNG.randint(3)), float(RNG.randn()))])
    w.op("TreeEnsembleRegressor", [x], n_targets=3, **nodes, **weighed("target", weights))
    nodes, weights = forest(5, one(0), MODES, True)
    w.op("TreeEnsembleRegressor", [x.astype(np.float64)], n_targets=1, **doubles({**nodes, **weighed("target", weights), "base_values": [0.1]}, "target"))
    shapes = [
        ("one class, mixed", [0, 1], one(1)), ("one class, positive", [0, 1], one(1, 0.0)),
        ("class zero, mixed", [0, 1], one(0)), ("class zero, positive", [0, 1], one(0, 0.0)),
        ("both classes", [0, 1], many(2)), ("both, positive", [0, 1], many(2, 0.0)),
        ("either class", [0, 1], lambda: [(int(RNG.randint(2)), float(RNG.randn()))]),
        ("three", [5, 6, 7], many(3)), ("three, one each", [5, 6, 7], lambda: [(int(RNG.randint(3)), float(RNG.randn()))]),
    ]
    for (shape, labels, leaves), base, transform in itertools.product(shapes, (0, 1, 2, 3), TRANSFORMS):
        if shape == "either class" and base == 1:
            continue  # onnxruntime leaves the second column of a row without class 1 unwritten
        if transform == "PROBIT" or base not in (0, len(labels), 1) or (base == 1 and len(labels) == 3):
            continue
        nodes, weights = forest(3, leaves)
        for names in ({"classlabels_int64s": labels}, {"classlabels_strings": [f"l{n}" for n in labels]}):
            w.op("TreeEnsembleClassifier", [x], [7 if "classlabels_int64s" in names else 8, 1], base_values=[0.3, -0.2, 0.1][:base] or None, post_transform=transform, **names, **nodes, **weighed("class", weights))
    nodes, weights = forest(3, many(3), MODES, True)
    for kind in (np.int64, np.int32):
        ints = np.nan_to_num(x * 2).astype(kind)
        w.op("TreeEnsembleClassifier", [ints], [7, 1], classlabels_int64s=[0, 1, 2], **nodes, **weighed("class", weights))
    for leaves, labels in ((many(3), [0, 1, 2]), (one(1, 0.0), [0, 1]), (one(0), [0, 1])):
        nodes, weights = forest(3, leaves)
        w.op("TreeEnsembleClassifier", [x.astype(np.float64)], [7, 1], classlabels_int64s=labels, **doubles({**nodes, **weighed("class", weights)}, "class"))


def main(folder):
    w = Writer(folder)
    for part in (features, categories, words, linear, svm, trees):
        part(w)
    w.cases.finish()


main(*sys.argv[1:])
