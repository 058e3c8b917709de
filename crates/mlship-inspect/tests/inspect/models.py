"""Writes small trained models into the folder given. Seeded."""

import os
import pickle
import sys

import joblib
import lightgbm
import numpy as np
import onnx
import onnxmltools
import pandas as pd
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as Floats
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

os.chdir(sys.argv[1])
random = np.random.RandomState(0)
ROWS = 60
X = random.randn(ROWS, 3).astype(np.float32)
y = (X[:, 0] > 0).astype(int) * 5
np.save("x.npy", X)


def save(name, model):
    with open(name, "wb") as file:
        file.write(model.SerializeToString())


def pickles():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    for protocol in range(6):
        with open(f"sklearn-{protocol}", "wb") as file:
            pickle.dump(model, file, protocol=protocol)
    joblib.dump(model, "joblib-plain")
    for method in ["zlib", "gzip", "bz2", "lzma", "xz"]:
        joblib.dump(model, f"joblib-{method}", compress=(method, 3))
    forest = RandomForestClassifier(20, random_state=0).fit(X, np.array(["a", "b"], dtype=object)[y // 5])
    joblib.dump(forest, "joblib-forest")
    words = [f"word{number}" for number in range(20_000)]
    text = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(words, np.arange(20_000) % 2)
    joblib.dump(text, "joblib-words")


def boosters():
    model = xgboost.XGBClassifier(n_estimators=3, random_state=0).fit(X, y // 5)
    model.save_model("xgboost.json")
    os.rename("xgboost.json", "xgboost-json")
    model.save_model("xgboost.ubj")
    os.rename("xgboost.ubj", "xgboost-ubj")
    dart = xgboost.XGBClassifier(n_estimators=3, booster="dart", random_state=0).fit(X, y // 5)
    dart.save_model("dart.json")
    os.rename("dart.json", "xgboost-dart")
    joblib.dump(model, "xgboost-joblib")
    save("onnx-xgboost", onnxmltools.convert_xgboost(model, initial_types=[("x", Floats([None, 3]))]))
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, random_state=0).fit(X, y)
    model.booster_.save_model("lightgbm-text")
    save("onnx-lightgbm", onnxmltools.convert_lightgbm(model, initial_types=[("x", Floats([None, 3]))]))


def columns():
    table = pd.DataFrame({
        "age": random.randn(ROWS).astype(np.float32),
        "bmi": random.randn(ROWS).astype(np.float32),
        "city": random.choice(["a", "b", "c"], ROWS),
    })
    table.loc[3, "age"] = np.nan
    answer = np.where(table.bmi > 0, "yes", "no")
    kinds = [
        ("age", FloatTensorType([None, 1])),
        ("bmi", FloatTensorType([None, 1])),
        ("city", StringTensorType([None, 1])),
    ]
    steps = ColumnTransformer([
        ("age", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age"]),
        ("bmi", StandardScaler(), ["bmi"]),
        ("city", OneHotEncoder(handle_unknown="ignore"), ["city"]),
    ])
    model = make_pipeline(steps, LogisticRegression()).fit(table, answer)
    save("onnx-maps", to_onnx(model, initial_types=kinds))
    proto = to_onnx(model, initial_types=kinds, options={"zipmap": False})
    onnx.helper.set_model_props(proto, {"feature_names": '["age", "bmi", "city"]', "author": "me"})
    save("onnx-tensors", proto)
    impute = SimpleImputer(strategy="most_frequent", missing_values="")
    steps = ColumnTransformer([("city", make_pipeline(impute, OneHotEncoder()), ["city"])])
    table["city"] = table["city"].astype(object)
    table.loc[2, "city"] = ""
    model = make_pipeline(steps, LogisticRegression()).fit(table, answer)
    save("onnx-text-imputer", to_onnx(model, initial_types=kinds[2:]))
    both = make_pipeline(StandardScaler(), SimpleImputer(), LogisticRegression()).fit(X, y)
    save("onnx-late-imputer", to_onnx(both, X[:1]))
    minus = to_onnx(both, X[:1])
    for node in minus.graph.node:
        for attribute in node.attribute:
            if attribute.name == "replaced_value_float":
                attribute.f = -1
    save("onnx-minus-imputer", minus)


def estimators():
    names = np.array(["x", "y"])[y // 5]
    classifiers = {
        "forest": (RandomForestClassifier(3, random_state=0), y),
        "neighbours": (KNeighborsClassifier(), y),
        "bayes": (GaussianNB(), names),
    }
    for name, (model, answer) in classifiers.items():
        model.fit(X, answer)
        save(f"onnx-{name}", to_onnx(model, X[:1], options={id(model): {"zipmap": False}}))
    save("onnx-clusters", to_onnx(KMeans(3, random_state=0, n_init=1).fit(X), X[:1]))
    model = RandomForestRegressor(3, random_state=0).fit(X, X[:, 0])
    save("onnx-regressor", to_onnx(model, X[:1]))
    model = RandomForestRegressor(3, random_state=0).fit(X, X[:, :2])
    save("onnx-two-targets", to_onnx(model, X[:1]))


def external():
    weights = onnx.numpy_helper.from_array(np.ones((3, 1000), np.float32), "weights")
    node = onnx.helper.make_node("MatMul", ["x", "weights"], ["y"])
    inside = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["y"], ["z"])], "then", [], [
        onnx.helper.make_tensor_value_info("z", 1, None)
    ])
    branch = onnx.helper.make_node("If", ["yes"], ["out"], then_branch=inside, else_branch=inside)
    yes = onnx.numpy_helper.from_array(np.array(True), "yes")
    graph = onnx.helper.make_graph(
        [node, branch],
        "g",
        [onnx.helper.make_tensor_value_info("x", 1, ["batch", 3])],
        [onnx.helper.make_tensor_value_info("out", 1, None)],
        [weights, yes],
    )
    os.mkdir("external")
    onnx.save(onnx.helper.make_model(graph), "external/model", save_as_external_data=True, location="w.bin")


def evil():
    class Evil:
        def __reduce__(self):
            return (os.system, ("touch was-run",))

    os.mkdir("evil")
    for protocol in range(6):
        with open(f"evil/{protocol}", "wb") as file:
            pickle.dump({"model": [Evil()]}, file, protocol=protocol)
    joblib.dump(Evil(), "evil/joblib", compress=3)


def fastai():
    import types

    module = types.ModuleType("fastai.learner")
    exec("class Learner:\n    def __init__(self):\n        self.vocab = ['cat', 'dog']\n", module.__dict__)
    module.Learner.__module__ = "fastai.learner"
    sys.modules["fastai"] = types.ModuleType("fastai")
    sys.modules["fastai.learner"] = module
    with open("fastai-pickle", "wb") as file:
        pickle.dump(module.Learner(), file)


pickles()
boosters()
columns()
estimators()
external()
evil()
fastai()
