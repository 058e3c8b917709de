"""Your learner, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import base64
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
# What the training script called its own: the learner asks for these names when it is loaded, and for
# nothing in them when it answers.
OF_THE_SCRIPT = []
learn = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global learn
    for name in OF_THE_SCRIPT:
        setattr(sys.modules["__main__"], name, lambda *_: None)
    from fastai.learner import load_learner

    # Where the learner's file is; beside this one where nobody says.
    learn = load_learner(os.environ.get("MLSHIP_MODEL", HERE / "export.pkl"), cpu=True)


def predict(request):
    """Called for each request.

    A picture comes as bytes where it is sent as it is, and JSON may have it as base64 under `image`; a row
    of a table comes as an object. What a learner takes otherwise is handed on.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    item = request
    if isinstance(request, dict) and "image" in request:
        item = base64.b64decode(request["image"])
    elif isinstance(request, dict):
        import pandas

        item = pandas.Series(request)
    if isinstance(item, bytes):
        from fastai.vision.core import PILImage

        item = PILImage.create(item)
    with learn.no_bar(), learn.no_logging():
        found, _, scores = learn.predict(item)
    vocabulary = list(getattr(learn.dls, "vocab", []))
    if len(vocabulary) != len(scores):
        return {"prediction": str(found), "scores": scores.tolist()}
    named = zip(map(str, vocabulary), scores.tolist())
    return {"label": str(found), "probabilities": dict(named)}
