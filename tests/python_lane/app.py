"""A handler as a user writes one: a pipeline of scikit-learn, and ways to go wrong."""

import pathlib

import joblib
import numpy

from columns import NAMES

HERE = pathlib.Path(__file__).parent
loads = 0
pipeline = None


class Refused(Exception):
    pass


def load():
    global loads, pipeline
    loads += 1
    pipeline = joblib.load(HERE / "model.joblib")


def answer(request):
    if "raise" in request:
        raise Refused(request["raise"])
    if "echo" in request:
        return request["echo"]
    if "numpy" in request:
        return {"a": numpy.arange(4).reshape(2, 2), "b": numpy.bool_(True)}
    if "loaded" in request:
        return loads
    if "no-json" in request:
        return {"set": {1}, "path": HERE, "nan": float("nan")}[request["no-json"]]
    row = [[request[name] for name in NAMES]]
    return {"class": pipeline.predict(row)[0], "scores": pipeline.predict_proba(row)[0]}
