"""Your lightgbm model, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import lightgbm
import numpy

HERE = pathlib.Path(__file__).parent
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the model's file is; beside this one where nobody says.
    path = os.environ.get("MLSHIP_MODEL", HERE / "model.txt")
    model = lightgbm.Booster(model_file=str(path))


def predict(request):
    """Called for each request, with a row or a list of rows: each a list of numbers, or an object by the
    names of the columns, which are Column_0, Column_1, … of a model that was trained without names. A null
    is missing.

    The answer is a number a row, or one a class: probabilities, where it was trained for classes.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    several = isinstance(request, list) and all(isinstance(row, (list, dict)) for row in request)
    rows = request if several else [request]
    names = model.feature_name()
    rows = [[row[name] for name in names] if isinstance(row, dict) else row for row in rows]
    table = numpy.array(rows, dtype="float64").reshape(len(rows), -1)
    found = model.predict(table).tolist()
    return found if several else found[0]
