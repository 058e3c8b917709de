"""Your xgboost model, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import numpy
import xgboost

HERE = pathlib.Path(__file__).parent
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the model's file is; beside this one where nobody says.
    path = os.environ.get("MLSHIP_MODEL", HERE / "model.json")
    model = xgboost.Booster(model_file=str(path))


def predict(request):
    """Called for each request, with a row or a list of rows: each a list of numbers, or an object by the
    names of the columns, which are x0, x1, … of a model that was trained without names. A null is missing.

    The answer is a number a row, or one a class: probabilities, where it was trained for classes.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    several = isinstance(request, list) and all(isinstance(row, (list, dict)) for row in request)
    rows = request if several else [request]
    names = model.feature_names or [f"x{at}" for at in range(model.num_features())]
    rows = [[row[name] for name in names] if isinstance(row, dict) else row for row in rows]
    table = numpy.array(rows, dtype="float32").reshape(len(rows), -1)
    # Training that was stopped early went on past the best tree.
    best = model.attr("best_iteration")
    trees = (0, int(best) + 1) if best else (0, 0)
    asked = xgboost.DMatrix(table, feature_names=model.feature_names)
    found = model.predict(asked, iteration_range=trees).tolist()
    return found if several else found[0]
