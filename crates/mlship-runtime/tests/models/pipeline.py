"""Trains a pipeline on text, numbers and gaps, seeded. Usage: pipeline.py FOLDER

Writes model.onnx, rows.json (requests) and expected.json (onnxruntime's label and probabilities).
"""

import json
import pathlib
import sys

import numpy
import onnxruntime
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(3)
rows = 500
table = pandas.DataFrame(
    {
        "age": numpy.round(random.normal(50, 12, rows), 1).astype("float32"),
        "pressure": numpy.round(random.normal(130, 20, rows), 1).astype("float32"),
        "town": random.choice(["north", "south", "Zürich"], rows),
    }
)
ill = (table.age + table.pressure / 4 + 15 * (table.town == "south") > 88).astype("int64")
table.loc[random.random(rows) < 0.1, "pressure"] = numpy.nan
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
columns = ColumnTransformer(
    [
        ("numbers", numbers, ["age", "pressure"]),
        ("town", OneHotEncoder(handle_unknown="ignore"), ["town"]),
    ]
)
forest = RandomForestClassifier(n_estimators=30, max_depth=7, random_state=1)
model = make_pipeline(columns, forest).fit(table[:300], ill[:300])
types = [
    ("age", FloatTensorType([None, 1])),
    ("pressure", FloatTensorType([None, 1])),
    ("town", StringTensorType([None, 1])),
]
onnx = to_onnx(model, initial_types=types, options={"zipmap": False}, target_opset=15)
(folder / "model.onnx").write_bytes(onnx.SerializeToString())

held_out = table[300:].copy()
held_out.iloc[::20, 2] = "elsewhere"
session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
inputs = {name: held_out[[name]].to_numpy() for name in held_out}
inputs["town"] = inputs["town"].astype(object)
labels, probabilities = session.run(["label", "probabilities"], inputs)
requests = [
    {
        "age": round(float(row.age), 1),
        "pressure": None if numpy.isnan(row.pressure) else round(float(row.pressure), 1),
        "town": row.town,
    }
    for row in held_out.itertuples()
]
(folder / "rows.json").write_text(json.dumps(requests))
expected = {"labels": labels.tolist(), "probabilities": probabilities.tolist()}
(folder / "expected.json").write_text(json.dumps(expected))
