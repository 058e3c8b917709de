"""Says how long a trip takes, or each of a list of them."""

import os
import pathlib

import joblib

HERE = pathlib.Path(__file__).parent
pipeline = None


def load():
    """Called once, before the first request."""
    global pipeline
    pipeline = joblib.load(os.environ.get("MLSHIP_MODEL", HERE / "model.joblib"))


def predict(request):
    """Called for each request; what it gives becomes the answer's JSON."""
    trips = request if isinstance(request, list) else [request]
    answers = [{"minutes": minutes} for minutes in pipeline.predict(trips).tolist()]
    return answers if isinstance(request, list) else answers[0]
