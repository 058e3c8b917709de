"""Small models, and the flat programs that are made of them, for seeds.py."""

import pathlib
import subprocess
import tempfile
import warnings

import numpy
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn import ensemble, linear_model, neighbors, preprocessing, svm, tree
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore")

# Longer programs are slow to fuzz.
LONGEST = 4000


def of_operators():
    """The ONNX project's tests of operators, each with its inputs as constants."""
    for test in collect_testcases(None):
        graph = test.model.graph
        if len(graph.node) != 1 or not test.data_sets:
            continue
        inputs, _ = test.data_sets[0]
        values = [numpy_helper.to_array(v) if isinstance(v, TensorProto) else v for v in inputs]
        if any(not isinstance(v, (numpy.ndarray, numpy.generic)) or numpy.asarray(v).nbytes > LONGEST for v in values):
            continue
        for port, value in zip(graph.input, values):
            try:
                graph.initializer.append(numpy_helper.from_array(numpy.asarray(value), port.name))
            except Exception:
                break
        else:
            del graph.input[:]
            yield test.name, test.model


def trained():
    random = numpy.random.RandomState(0)
    x, y = random.rand(40, 3).astype("float32"), random.randint(0, 3, 40)
    words = random.choice(["red", "green", "blue"], (40, 2)).astype(object)
    numbers = {
        "forest": ensemble.RandomForestClassifier(2, max_depth=2, random_state=0),
        "boosted": ensemble.GradientBoostingRegressor(n_estimators=2, max_depth=2, random_state=0),
        "tree": tree.DecisionTreeRegressor(max_depth=2, random_state=0),
        "neighbors": neighbors.KNeighborsClassifier(2),
        "machine": make_pipeline(preprocessing.StandardScaler(), svm.SVC(max_iter=9, random_state=0)),
        "likely": svm.SVC(probability=True, max_iter=9, random_state=0),
        "distance": svm.SVR(max_iter=9),
        "logistic": linear_model.LogisticRegression(),
        "polynomial": make_pipeline(preprocessing.PolynomialFeatures(2), linear_model.Ridge()),
        "binned": preprocessing.KBinsDiscretizer(3, encode="onehot-dense"),
    }
    for name, model in numbers.items():
        few = slice(8 if name in ("neighbors", "likely", "machine", "distance") else 40)
        yield name, convert_sklearn(model.fit(x[few], y[few]), initial_types=[("x", FloatTensorType([None, 3]))])
    hot = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    for name, model in {"hot": hot, "ordinal": preprocessing.OrdinalEncoder()}.items():
        yield name, convert_sklearn(model.fit(words), initial_types=[("x", StringTensorType([None, 2]))])
    text = TfidfVectorizer(ngram_range=(1, 2)).fit(["red green", "blue red", "green blue red"])
    yield "counted", convert_sklearn(text, initial_types=[("x", StringTensorType([None, 1]))])


def with_bodies():
    """A choice and a walk."""
    make = helper.make_tensor_value_info
    x, y = make("x", TensorProto.FLOAT, [None, 3]), make("y", TensorProto.FLOAT, None)
    body = [
        helper.make_graph([helper.make_node(kind, ["x"], [kind])], kind, [], [make(kind, TensorProto.FLOAT, None)])
        for kind in ("Neg", "Abs")
    ]
    zero = numpy_helper.from_array(numpy.float32([0]), "zero")
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Greater", ["sum", "zero"], ["more"]),
        helper.make_node("If", ["more"], ["y"], then_branch=body[0], else_branch=body[1]),
    ]
    yield "choice", model(nodes, [x], [y], [zero])
    scalar = lambda name: make(name, TensorProto.FLOAT, [3])
    step = helper.make_graph(
        [helper.make_node("Add", ["s", "l"], ["t"]), helper.make_node("Identity", ["t"], ["o"])],
        "step", [scalar("s"), scalar("l")], [scalar("t"), scalar("o")],
    )
    start = numpy_helper.from_array(numpy.zeros(3, "float32"), "start")
    walk = helper.make_node("Scan", ["start", "x"], ["end", "y"], body=step, num_scan_inputs=1)
    yield "walk", model([walk], [x], [y, make("end", TensorProto.FLOAT, [3])], [start])


def model(nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def programs():
    """The programs of all that our own engine has."""
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for models in (of_operators(), trained(), with_bodies()):
            for name, made in models:
                (folder / f"{name}.onnx").write_bytes(made.SerializeToString())
        command = ["cargo", "run", "--quiet", "--example", "programs", "--", str(folder)]
        subprocess.run(command, cwd=here, check=True)
        for file in sorted(folder.glob("*.flat")):
            data = file.read_bytes()
            if len(data) <= LONGEST:
                yield file.stem, data
