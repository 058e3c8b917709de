"""Your model, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import math
import os
import pathlib

import joblib

HERE = pathlib.Path(__file__).parent
model = None
# Columns of text: a null there stays in a column of objects.
texts = []


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model, texts
    # Where the model's file is; beside this one where nobody says.
    model = joblib.load(os.environ.get("MLSHIP_MODEL", HERE / "model.joblib"))
    texts = columns_of_text(getattr(model, "best_estimator_", model))


def predict(request):
    """Called for each request.

    JSON comes as dict, list, str or number; text as str; anything else as bytes. Give back what is
    JSON, arrays included; or bytes, alone or as (bytes, "image/png").

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    # A list of numbers is one row; any other is a list of rows.
    several = isinstance(request, list) and not all(isinstance(one, (int, float, type(None))) for one in request)
    rows = request if several else [request]
    if hasattr(model, "feature_names_in_"):
        rows = table(rows)
    found = model.predict(rows).tolist()
    return found if several else found[0]


def table(rows):
    """The named columns that it was trained on. A null is NaN, as in a table that pandas has read."""
    import pandas

    rows = [{name: math.nan if value is None else value for name, value in row.items()} for row in rows]
    frame = pandas.DataFrame(rows)
    empty = [name for name in texts if name in frame and frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, object))


def columns_of_text(model):
    """The columns that a step of a ColumnTransformer has kept texts of."""
    found = []
    for _, step in getattr(model, "steps", [("", model)]):
        for _, inner, names in getattr(step, "transformers_", []):
            for _, part in getattr(inner, "steps", [("", inner)]):
                kept = getattr(part, "categories_", getattr(part, "statistics_", []))
                for name, values in zip([names] if isinstance(names, str) else names, kept):
                    values = values if hasattr(values, "__len__") and not isinstance(values, str) else [values]
                    if any(isinstance(value, str) for value in values):
                        found.append(name)
    return found
