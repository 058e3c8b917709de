"""The Python side of `load.py`: the heart-disease model behind FastAPI and onnxruntime.

    uvicorn load_fastapi:app    with MODEL, the ONNX file, in the environment
"""

import os

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

LABELS = ["clear", "heart-disease"]

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
inputs = [port.name for port in session.get_inputs()]
app = FastAPI()


class Row(BaseModel):
    age: float | None = None
    sex: float | None = None
    cp: float | None = None
    trestbps: float | None = None
    chol: float | None = None
    fbs: float | None = None
    restecg: float | None = None
    thalach: float | None = None
    exang: float | None = None
    oldpeak: float | None = None
    slope: float | None = None
    ca: float | None = None
    thal: float | None = None


@app.post("/predict")
async def predict(row: Row):
    values = {column: getattr(row, column) for column in inputs}
    values = {name: numpy.nan if value is None else value for name, value in values.items()}
    feeds = {name: numpy.array([[value]], numpy.float32) for name, value in values.items()}
    scores = session.run(None, feeds)[-1][0]
    best_first = sorted(range(len(LABELS)), key=lambda place: -scores[place])
    probabilities = {LABELS[place]: float(scores[place]) for place in best_first}
    return {"diagnosis": LABELS[best_first[0]], "probabilities": probabilities}
