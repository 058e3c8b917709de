"""Your model, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import joblib

HERE = pathlib.Path(__file__).parent
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the model's file is; beside this one where nobody says.
    model = joblib.load(os.environ.get("MLSHIP_MODEL", HERE / "model.joblib"))


def predict(request):
    """Called for each request.

    JSON comes as dict, list, str or number; text as str; anything else as bytes. Give back what is
    JSON, arrays included; or bytes, alone or as (bytes, "image/png").

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    rows = request if isinstance(request, list) else [request]
    if hasattr(model, "feature_names_in_"):
        # It was trained on named columns.
        import pandas

        rows = pandas.DataFrame(rows)
    found = model.predict(rows).tolist()
    return found if isinstance(request, list) else found[0]
