"""Trains models that answer otherwise in ONNX somewhere, and neighbours of theirs that do not, each a
file in the folder that is named."""

import pathlib
import sys
import warnings

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn import ensemble
from sklearn import preprocessing as pre
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(sys.argv[1])
rng = np.random.RandomState(0)
ROWS = 1500

# Seconds since 1970 of one day, in which every ten minutes the answer changes; 32 bits have steps of 128.
times = pd.DataFrame({"city": rng.choice(["bonn", "oslo"], ROWS), "time": np.floor(1.7e9 + rng.rand(ROWS) * 86400)})
odd = ((times.time % 1200) < 600).astype(int)
# The same, counted from the day's begin.
seconds = times.assign(time=times.time - 1.7e9)
people = np.c_[rng.randint(18, 90, ROWS), np.round(rng.lognormal(8, 1, ROWS), 2), rng.rand(ROWS)]
buys = ((people[:, 0] > 40) ^ (people[:, 1] > 3000)).astype(int)
# Whole numbers about 0, and an answer of their own where there is none.
counts = rng.randint(-3, 4, (ROWS, 2)).astype(float)
nothing = 10.0 * (counts[:, 0] == 0)
ZERO = {"objective": "regression", "zero_as_missing": True, "verbose": -1, "num_threads": 1}


def boosting():
    return ensemble.HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=2)


def table():
    return make_column_transformer((pre.OneHotEncoder(sparse_output=False), ["city"]), remainder="passthrough")


MODELS = {
    "times_in_a_table": make_pipeline(table(), boosting()).fit(times, odd),
    "times_that_are_scaled": make_pipeline(SimpleImputer(), pre.MinMaxScaler(), boosting()).fit(times[["time"]].to_numpy(), odd),
    "seconds_in_a_table": make_pipeline(table(), boosting()).fit(seconds, odd),
    "people_that_are_scaled": make_pipeline(pre.StandardScaler(), ensemble.RandomForestClassifier(30, random_state=0)).fit(people, buys),
    "zero_as_missing": lgb.LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1, zero_as_missing=True).fit(counts, nothing),
    "zero_as_zero": lgb.LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1).fit(counts, nothing),
}

for name, model in MODELS.items():
    joblib.dump(model, FOLDER / f"{name}.joblib")
lgb.train(ZERO, lgb.Dataset(counts, nothing), 10).save_model(FOLDER / "zero_as_missing.txt")
