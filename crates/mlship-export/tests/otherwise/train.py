"""Trains models that answer otherwise in ONNX somewhere, and neighbours of theirs that do not, each a
file in the folder that is named."""

import pathlib
import sys
import warnings

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import decomposition, ensemble, linear_model
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
# A city that may be missing, as `None` and as pandas has it, and an answer of its own where it is.
cities = rng.choice(["bonn", "oslo", "rome"], ROWS)
gone = rng.rand(ROWS) < 0.2
WITHOUT = {"none": pd.DataFrame({"city": np.where(gone, None, cities)}, dtype=object), "nan": pd.DataFrame({"city": np.where(gone, np.nan, cities.astype(object))}, dtype=object)}
filled = pd.DataFrame({"city": np.where(gone, "missing", cities)})
moves = (gone | (cities == "rome")).astype(int)
# Two answers at once.
both = np.c_[people[:, 0], people[:, 2]]
# Of seconds since 1970 without a scaler: what decides is the little that two large numbers leave.
stamps = times[["time"]].to_numpy()
hours = (stamps[:, 0] - 1.7e9) / 3600
late = linear_model.LogisticRegression().fit(hours[:, None], (hours > 12).astype(int))
late.intercept_ = late.intercept_ - late.coef_[:, 0] * 1.7e9 / 3600
late.coef_ = late.coef_ / 3600


def boosting():
    return ensemble.HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=2)


def linear():
    return linear_model.LogisticRegression()


def of_city(encoder):
    return make_column_transformer((encoder, ["city"]))


def ordinal():
    return of_city(pre.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1))


def forest(kind=ensemble.RandomForestClassifier):
    return kind(5, max_depth=4, random_state=0)


def several(*more):
    return [("forest", forest()), ("trees", forest(ensemble.ExtraTreesClassifier)), *more]


def table():
    return make_column_transformer((pre.OneHotEncoder(sparse_output=False), ["city"]), remainder="passthrough")


# People as a table has them: numbers that may be missing, and a city.
persons = pd.DataFrame({"age": np.where(rng.rand(ROWS) < 0.05, np.nan, people[:, 0]), "income": people[:, 1].round(), "city": cities})
numbers = make_pipeline(SimpleImputer(), pre.StandardScaler())
scaled = make_column_transformer((numbers, ["age", "income"]), (pre.OneHotEncoder(handle_unknown="ignore"), ["city"]))

MODELS = {
    "persons_in_a_forest": make_pipeline(scaled, forest()).fit(persons, buys),
    "persons_boosted": make_pipeline(scaled, xgb.XGBClassifier(n_estimators=20, n_jobs=1)).fit(persons, buys),
    "times_in_a_table": make_pipeline(table(), boosting()).fit(times, odd),
    "times_that_are_scaled": make_pipeline(SimpleImputer(), pre.MinMaxScaler(), boosting()).fit(times[["time"]].to_numpy(), odd),
    "seconds_in_a_table": make_pipeline(table(), boosting()).fit(seconds, odd),
    "people_that_are_scaled": make_pipeline(pre.StandardScaler(), ensemble.RandomForestClassifier(30, random_state=0)).fit(people, buys),
    "people": ensemble.RandomForestClassifier(30, random_state=0).fit(people, buys),
    "times_in_parts": make_pipeline(pre.StandardScaler(), decomposition.PCA(1), boosting()).fit(np.c_[times.time, people[:, 2]], odd),
    "zero_as_missing": lgb.LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1, zero_as_missing=True).fit(counts, nothing),
    "zero_as_zero": lgb.LGBMRegressor(n_estimators=10, n_jobs=1, verbose=-1).fit(counts, nothing),
    "missing_ordinal": make_pipeline(ordinal(), boosting()).fit(WITHOUT["nan"], moves),
    "missing_one_hot": make_pipeline(of_city(pre.OneHotEncoder()), linear()).fit(WITHOUT["none"], moves),
    "missing_target": make_pipeline(of_city(pre.TargetEncoder(random_state=0)), linear()).fit(WITHOUT["nan"], moves),
    "missing_filled": make_pipeline(ordinal(), boosting()).fit(filled, moves),
    "voting": ensemble.VotingClassifier(several(("linear", linear())), voting="soft", weights=[2, 1, 1]).fit(people[:, :1], buys),
    "stacking": ensemble.StackingClassifier(several(), cv=2).fit(people, buys),
    "truths": forest().fit(people, buys.astype(bool)),
    "linear_boosting": xgb.XGBClassifier(n_estimators=5, n_jobs=1, booster="gblinear").fit(people, buys),
    "trees_of_two": xgb.XGBRegressor(n_estimators=5, n_jobs=1, multi_strategy="multi_output_tree").fit(people, both),
    "late": late,
    "late_by_hours": linear().fit(hours[:, None], (hours > 12).astype(int)),
    "hours": linear_model.LinearRegression().fit(stamps, hours),
    "hours_by_hours": linear_model.LinearRegression().fit(hours[:, None], hours + 50),
}

for name, model in MODELS.items():
    joblib.dump(model, FOLDER / f"{name}.joblib")
lgb.train(ZERO, lgb.Dataset(counts, nothing), 10).save_model(FOLDER / "zero_as_missing.txt")
MODELS["trees_of_two"].save_model(FOLDER / "trees_of_two.json")
