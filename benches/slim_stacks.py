"""What `slim.py` measures: requirements, a handler, and what makes its model and its requests.

The model is trained with the very packages that are measured.
"""

import dataclasses

TABLE = """
import json, numpy, os, sys
folder = sys.argv[1]
random = numpy.random.default_rng(0)
x = random.normal(size=(400, 12))
y = (x[:, 0] + x[:, 1] ** 2 + random.normal(size=400) > 1).astype(int)
def write(place, rows):
    os.makedirs(os.path.dirname(os.path.join(folder, place)), exist_ok=True)
    with open(os.path.join(folder, place), "w") as file:
        json.dump({"rows": rows}, file)
write("samples/1.json", x[:1].tolist())
write("samples/2.json", x[1:4].tolist())
write("held-out/1.json", x[10:30].tolist())
write("held-out/2.json", (x[30:32] * 1e6).tolist())
model = os.path.join(folder, "handler", "model")
"""

FRAME = """
import json, numpy, os, pandas, sys
folder = sys.argv[1]
random = numpy.random.default_rng(0)
names = ["age", "pressure", "rate"]
x = pandas.DataFrame(random.normal(size=(300, 3)), columns=names)
x.loc[::17, "rate"] = numpy.nan
x["kind"] = random.choice(["a", "b", "c"], size=300)
y = (x["age"] + (x["kind"] == "a") > 0.5).astype(int)
def write(place, rows):
    os.makedirs(os.path.dirname(os.path.join(folder, place)), exist_ok=True)
    with open(os.path.join(folder, place), "w") as file:
        json.dump({"rows": json.loads(rows.to_json(orient="records"))}, file)
write("samples/1.json", x[:1])
write("samples/2.json", x[17:20])
write("held-out/1.json", x[20:40])
write("held-out/2.json", x[40:42].assign(kind="never seen"))
model = os.path.join(folder, "handler", "model")
"""

BEGIN = """
import os
MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model")
"""


@dataclasses.dataclass
class Stack:
    """A model's packages, and the code around them."""

    requirements: str
    train: str
    app: str
    # At most this part of the peer's bytes, unzipped.
    bar: float | None = None
    # Whether the packages are this machine's own, and no index's.
    gathered: bool = False
    # Libraries for which stubs may stand in although they are arithmetic; `None`: no stubs at all.
    stubs: str | None = None


STACKS = {
    "scikit-learn": Stack(
        "scikit-learn==1.9.1",
        TABLE
        + """
import pickle
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
with open(model, "wb") as file:
    pickle.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), file)
""",
        BEGIN
        + """
import pickle
def load():
    global model
    with open(MODEL, "rb") as file:
        model = pickle.load(file)
def predict(request):
    rows = request["rows"]
    return {"labels": model.predict(rows).tolist(), "scores": model.predict_proba(rows).tolist()}
""",
        1.55,
        stubs="libscipy_openblas",
    ),
    "scikit-learn, pandas": Stack(
        "scikit-learn==1.9.1\npandas==3.1.1",
        FRAME
        + """
import pickle
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
columns = make_column_transformer(
    (make_pipeline(SimpleImputer(), StandardScaler()), names),
    (OneHotEncoder(handle_unknown="ignore"), ["kind"]),
)
with open(model, "wb") as file:
    pickle.dump(make_pipeline(columns, LogisticRegression()).fit(x, y), file)
""",
        BEGIN
        + """
import pickle
import pandas
def load():
    global model
    with open(MODEL, "rb") as file:
        model = pickle.load(file)
def predict(request):
    table = pandas.DataFrame(request["rows"])
    return {"scores": model.predict_proba(table).tolist()}
""",
    ),
    "onnxruntime": Stack(
        "onnxruntime==1.31.1",
        """
import json, os, shutil, sys
folder, root = sys.argv[1:3]
example = os.path.join(root, "examples", "heart-disease")
shutil.copyfile(os.path.join(example, "model.onnx"), os.path.join(folder, "handler", "model"))
with open(os.path.join(example, "samples", "1.json")) as file:
    row = json.load(file)
for place, age in {"samples/1": 61, "samples/2": 40, "held-out/1": 75}.items():
    os.makedirs(os.path.dirname(os.path.join(folder, place)), exist_ok=True)
    with open(os.path.join(folder, place + ".json"), "w") as file:
        json.dump({**row, "age": age}, file)
""",
        BEGIN
        + """
import numpy
import onnxruntime
def load():
    global session
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
def predict(row):
    feed = {name: numpy.array([[value]], dtype="float32") for name, value in row.items()}
    label, scores = session.run(None, feed)
    return {"label": int(label[0]), "scores": [float(score) for score in scores[0]]}
""",
        1.8,
    ),
    "xgboost": Stack(
        # 3.4 has no wheels for Python 3.11.
        "xgboost==3.4.1; python_version >= '3.12'\nxgboost==3.2.0; python_version < '3.12'",
        TABLE
        + """
import xgboost
data = xgboost.DMatrix(x, label=y)
xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 30).save_model(model + ".ubj")
""",
        BEGIN
        + """
import numpy
import xgboost
def load():
    global model
    model = xgboost.Booster(model_file=MODEL + ".ubj")
def predict(request):
    rows = numpy.array(request["rows"], dtype=float)
    return {"scores": model.predict(xgboost.DMatrix(rows)).tolist()}
""",
        3.7,
    ),
    "lightgbm": Stack(
        "lightgbm==4.7.0",
        TABLE
        + """
import lightgbm
told = {"objective": "binary", "verbosity": -1, "num_threads": 1}
lightgbm.train(told, lightgbm.Dataset(x, label=y), 30).save_model(model)
""",
        BEGIN
        + """
import lightgbm
import numpy
def load():
    global model
    model = lightgbm.Booster(model_file=MODEL)
def predict(request):
    rows = numpy.array(request["rows"], dtype=float)
    return {"scores": model.predict(rows, num_threads=1).tolist()}
""",
        2.9,
    ),
}
