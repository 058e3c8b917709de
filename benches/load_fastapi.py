"""The Python side of `load.py`: the heart-disease model behind FastAPI and onnxruntime.

    uvicorn load_fastapi:app    with MODEL, the ONNX file, in the environment
"""

import os

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

COLUMNS = "age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal".split()
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
    values = [getattr(row, column) for column in COLUMNS]
    values = numpy.array([[numpy.nan if value is None else value for value in values]], numpy.float32)
    feeds = {inputs[0]: values} if len(inputs) == 1 else dict(zip(inputs, values.T[:, :, None]))
    scores = session.run(None, feeds)[-1][0]
    best_first = sorted(range(len(LABELS)), key=lambda place: -scores[place])
    probabilities = {LABELS[place]: float(scores[place]) for place in best_first}
    return {"diagnosis": LABELS[best_first[0]], "probabilities": probabilities}
