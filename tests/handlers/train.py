"""Trains the files that the handlers of `init` are tried with, into the folder that is named."""

import pathlib
import pickle
import sys

import joblib
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

FOLDER = pathlib.Path(sys.argv[1])
rng = np.random.RandomState(0)
x, y = rng.normal(size=(300, 5)), rng.randint(0, 3, 300)
named = pd.DataFrame(x[:, :3], columns=["age", "size", "weight"])
xgb.XGBRegressor(n_estimators=5).fit(named, x[:, 3]).save_model(FOLDER / "named.ubj")
# Nothing is to be learned: the best tree is an early one.
stopped = xgb.XGBClassifier(n_estimators=40, early_stopping_rounds=5)
stopped.fit(x[:200], y[:200], eval_set=[(x[200:], y[200:])], verbose=False).save_model(FOLDER / "stopped.json")
joblib.dump(xgb.XGBClassifier(n_estimators=5).fit(x, y), FOLDER / "wrapped.joblib")
booster = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(x, y > 1), 5)
with open(FOLDER / "booster.pkl", "wb") as out:
    pickle.dump(booster, out)

people = pd.DataFrame({"income": rng.lognormal(3, 1, 200), "city": rng.choice(["rome", "bonn", "oslo"], 200)})
spent = people.income.to_numpy() + 9 * (people.city == "rome")
people.loc[::7, "income"] = None
people.loc[::9, "city"] = None
numbers = make_pipeline(FunctionTransformer(np.log1p), SimpleImputer())
words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
table = ColumnTransformer([("numbers", numbers, ["income"]), ("words", words, ["city"])])
joblib.dump(make_pipeline(table, LinearRegression()).fit(people, spent), FOLDER / "logs.joblib")
