"""Trains the pipeline on made-up trips and writes it.

    python train.py [model.joblib]

Needs what requirements.txt names. The trips are seeded: the same versions give the same model.
"""

import sys

import joblib
import numpy
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from features import distance_km, features

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TRIPS = 2000
HELD_OUT = 500


def trips(random):
    """Trips through a town, with the minutes that each takes."""
    for _ in range(TRIPS):
        ends = random.uniform([47.35, 8.48], [47.42, 8.60], (2, 2)).round(4).tolist()
        hour, day = int(random.integers(24)), DAYS[random.integers(7)]
        rush = 1.5 * numpy.cos(2 * numpy.pi * (hour - 8) / 24) - 2 * (day in ("sat", "sun"))
        minutes = 5 + 2.2 * distance_km(*ends) + rush + random.normal(0, 0.5)
        yield {"from": ends[0], "to": ends[1], "hour": hour, "day": day}, minutes


def main(out):
    asked, minutes = zip(*trips(numpy.random.default_rng(0)))
    pipeline = make_pipeline(FunctionTransformer(features), StandardScaler(), Ridge())
    pipeline.fit(asked[HELD_OUT:], minutes[HELD_OUT:])
    off = numpy.abs(pipeline.predict(asked[:HELD_OUT]) - minutes[:HELD_OUT])
    print(f"off by {off.mean():.2f} minutes on {HELD_OUT} trips that were held out")
    joblib.dump(pipeline, out)
    print(f"wrote {out}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(sys.argv[1] if len(sys.argv) == 2 else "model.joblib")
