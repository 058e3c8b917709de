"""What a Python function does at a cold start: import, load, answer one request from stdin.

    answer.py onnxruntime MODEL.onnx | answer.py joblib PIPELINE.joblib
"""

import json
import sys


def with_onnxruntime(path: str, row: dict) -> dict:
    import numpy
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = {name: numpy.array([[value]], dtype="float32") for name, value in row.items()}
    label, scores = session.run(None, feed)
    return {"label": int(label[0]), "probabilities": [float(score) for score in scores[0]]}


def with_joblib(path: str, row: dict) -> dict:
    import joblib
    import pandas

    pipeline = joblib.load(path)
    table = pandas.DataFrame([row]).astype("float32")
    scores = pipeline.predict_proba(table)[0]
    return {"label": int(scores.argmax()), "probabilities": [float(score) for score in scores]}


if __name__ == "__main__":
    answer = {"onnxruntime": with_onnxruntime, "joblib": with_joblib}[sys.argv[1]]
    print(json.dumps(answer(sys.argv[2], json.load(sys.stdin))))
