"""Trains the files that the command's tests convert, into the folder that is named."""

import os
import pathlib
import pickle
import sys

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

FOLDER = pathlib.Path(sys.argv[1])
rng = np.random.RandomState(0)
people = pd.DataFrame({
    "age": rng.normal(50, 9, 400), "income": rng.lognormal(8, 1, 400),
    "city": rng.choice(["rome", "bonn", "oslo"], 400), "kind": rng.randint(0, 4, 400),
})
answer = np.where((people.age > 50) ^ (people.city == "rome"), "yes", "no")
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
words = OneHotEncoder(handle_unknown="ignore")
table = ColumnTransformer([("numbers", numbers, ["age", "income"]), ("words", words, ["city", "kind"])])
pipeline = make_pipeline(table, LogisticRegression()).fit(people, answer)
joblib.dump(pipeline, FOLDER / "pipeline.joblib")
row = pd.DataFrame([{"age": 61.5, "income": 2000, "city": "rome", "kind": 2}])
(FOLDER / "pipeline.txt").write_text(f"{pipeline.predict(row)[0]} {pipeline.predict_proba(row).max()}\n")

x, y = rng.normal(size=(300, 5)), rng.randint(0, 3, 300)
xgb.XGBClassifier(n_estimators=5).fit(x, y).save_model(FOLDER / "boosted.json")
lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(x, y).booster_.save_model(FOLDER / "boosted.txt")
strict = ColumnTransformer([("numbers", "passthrough", ["age"]), ("words", OneHotEncoder(), ["city"])])
strict = make_pipeline(strict, xgb.XGBClassifier(n_estimators=5)).fit(people, (answer == "yes").astype(int))
joblib.dump(strict, FOLDER / "strict.joblib")
named, is_yes = people[["age", "income", "kind"]], (answer == "yes").astype(int)
booster = xgb.XGBClassifier(n_estimators=5).fit(named, is_yes)
booster.save_model(FOLDER / "named.ubj")
row = pd.DataFrame([{"age": 61.5, "income": 2000, "kind": 2}])
(FOLDER / "named.txt").write_text(f"{booster.predict(row)[0]} {booster.predict_proba(row).max()}\n")
towns = people[["age", "city"]].assign(city=people.city.astype("category"))
lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(towns, answer).booster_.save_model(FOLDER / "towns.txt")
(FOLDER / "myfeatures.py").write_text("import numpy as np\n\n\ndef logged(values):\n    return np.log1p(abs(values))\n")
sys.path.insert(0, str(FOLDER))
from myfeatures import logged  # noqa: E402

joblib.dump(make_pipeline(FunctionTransformer(logged), LogisticRegression()).fit(x, y), FOLDER / "foreign.joblib")
joblib.dump(make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()).fit(x, y), FOLDER / "own.joblib")


texts = ["good value for money", "bad taste", "great taste good", "awful bad money lost"] * 30
moods = ["glad", "sad", "glad", "sad"] * 30
words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()).fit(texts, moods)
joblib.dump(words, FOLDER / "texts.joblib")
asked = "Great value, good money!"
(FOLDER / "texts.txt").write_text(f"{words.predict([asked])[0]} {words.predict_proba([asked]).max()}\n")


class Harm:
    def __reduce__(self):
        return os.system, ("touch harm",)


with open(FOLDER / "harm.pkl", "wb") as out:
    pickle.dump(Harm(), out)
