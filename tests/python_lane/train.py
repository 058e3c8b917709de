"""Trains the pipeline of this project into the folder given, with samples of what it answers."""

import json
import pathlib
import sys

import joblib
import numpy
from columns import NAMES
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

to = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(7)
rows = random.normal(size=(200, len(NAMES)))
classes = (rows @ [1.0, -2.0, 0.5] + random.normal(scale=0.3, size=200) > 0).astype(int)
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, classes)
joblib.dump(pipeline, to / "model.joblib")
(to / "samples").mkdir(exist_ok=True)
for number, row in enumerate(random.normal(size=(2, len(NAMES))), 1):
    request = dict(zip(NAMES, row.tolist()))
    scores = pipeline.predict_proba([row.tolist()])[0]
    expect = {"class": int(scores.argmax()), "scores": scores.tolist()}
    (to / f"samples/{number}.json").write_text(json.dumps(request))
    (to / f"samples/{number}.expect.json").write_text(json.dumps(expect))
