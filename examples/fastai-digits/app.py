"""Tells the digit on a picture."""

import base64
import io
import os
import sys

from PIL import Image

TOP = 3
learn = None


def label(path):
    """What the training script calls it: the learner asks for it when it is loaded."""
    return path.name[0]


def load():
    """Called once, before the first request."""
    global learn
    # The learner was written by a script, so that its names are those of the program.
    sys.modules["__main__"].label = label
    from fastai.learner import load_learner

    learn = load_learner(os.environ.get("MLSHIP_MODEL", "export.pkl"), cpu=True)


def predict(picture: Image.Image):
    """Called for each request, with the picture that is sent as it is or in a form, or with JSON that has
    it as base64; what it gives becomes the answer's JSON."""
    from fastai.vision.core import PILImageBW

    if isinstance(picture, dict):
        picture = Image.open(io.BytesIO(base64.b64decode(picture["image"])))
    with learn.no_bar(), learn.no_logging():
        digit, _, scores = learn.predict(PILImageBW(picture.convert("L")))
    most = scores.argsort(descending=True)[:TOP].tolist()
    return {"digit": str(digit), "probabilities": {learn.dls.vocab[at]: float(scores[at]) for at in most}}
