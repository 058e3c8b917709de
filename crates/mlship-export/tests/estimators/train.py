"""Trains the estimators of the tests, each a file in the folder that is named: what people have on
their desks, and what is known not to convert."""

import pathlib
import sys
import warnings

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import cluster, decomposition, ensemble, feature_selection, linear_model, mixture, naive_bayes
from sklearn import neighbors, neural_network, svm, tree
from sklearn import preprocessing as pre
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(sys.argv[1])

x, y = load_breast_cancer(return_X_y=True)
x = x[:, :12]
flowers, kinds = load_iris(return_X_y=True)
body, progress = load_diabetes(return_X_y=True)
rng = np.random.RandomState(0)
people = pd.DataFrame({
    "age": rng.normal(50, 9, 400), "income": rng.lognormal(8, 1, 400),
    "city": rng.choice(["rome", "bonn", "oslo"], 400), "kind": rng.randint(0, 4, 400),
})
answer = np.where((people.age > 50) ^ (people.city == "rome"), "yes", "no")
texts = ["good value for money", "bad taste", "great taste good", "awful bad money lost"] * 30
moods = [1, 0, 1, 0] * 30


def linear(**more):
    return linear_model.LogisticRegression(max_iter=5000, **more)


def table():
    numbers = make_pipeline(SimpleImputer(strategy="median"), pre.StandardScaler())
    words = pre.OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("numbers", numbers, ["age", "income"]), ("words", words, ["city", "kind"])])


def column(step, *names):
    return ColumnTransformer([("one", step, list(names))], remainder="drop")


def log_of_numbers(values):
    return np.log1p(np.abs(values))


MODELS = {
    "logistic_regression": make_pipeline(pre.StandardScaler(), linear()).fit(x, y),
    "column_transformer": make_pipeline(table(), linear()).fit(people, answer),
    "target_encoder": make_pipeline(ColumnTransformer([("city", pre.TargetEncoder(random_state=0), ["city"]), ("age", "passthrough", ["age"])]), linear()).fit(people, answer),
    "random_forest": ensemble.RandomForestClassifier(100, random_state=0).fit(x, y),
    "gradient_boosting": ensemble.GradientBoostingClassifier(n_estimators=20).fit(x, y),
    "svc": make_pipeline(pre.StandardScaler(), svm.SVC(probability=True, random_state=0)).fit(x, y),
    "k_neighbors": neighbors.KNeighborsClassifier().fit(flowers, kinds),
    "gaussian_nb": naive_bayes.GaussianNB().fit(flowers, kinds),
    "mlp": make_pipeline(pre.StandardScaler(), neural_network.MLPClassifier(max_iter=500, random_state=0)).fit(flowers, kinds),
    "calibrated": CalibratedClassifierCV(linear()).fit(x, y),
    "k_means": cluster.KMeans(4, random_state=0, n_init=3).fit(flowers),
    "local_outlier_factor": neighbors.LocalOutlierFactor(novelty=True).fit(flowers),
    "bayesian_mixture": mixture.BayesianGaussianMixture(n_components=3, random_state=0).fit(flowers),
    "pca_select_ridge": make_pipeline(pre.StandardScaler(), decomposition.PCA(6), feature_selection.SelectKBest(k=4), linear_model.Ridge()).fit(body, progress),
    "power_transformer": make_pipeline(pre.PowerTransformer(), linear()).fit(x, y),
    "stacking": ensemble.StackingClassifier([("a", linear()), ("b", tree.DecisionTreeClassifier(max_depth=3, random_state=0))]).fit(x, y),
    "gaussian_process": GaussianProcessRegressor(random_state=0).fit(body[:100, :3], progress[:100]),
    "one_class_svm": svm.OneClassSVM().fit(flowers),
    "string_imputer": make_pipeline(column(make_pipeline(SimpleImputer(strategy="most_frequent"), pre.OneHotEncoder(handle_unknown="ignore")), "city"), linear()).fit(people, answer),
    "function_transformer": make_pipeline(pre.FunctionTransformer(np.log1p), linear()).fit(x, y),
    "own_function": make_pipeline(pre.FunctionTransformer(log_of_numbers), linear()).fit(x, y),
    "histogram_boosting": ensemble.HistGradientBoostingClassifier(max_iter=20).fit(x, y),
    "isolation_forest": ensemble.IsolationForest(n_estimators=20, random_state=0).fit(flowers),
    "iterative_imputer": make_pipeline(IterativeImputer(), linear()).fit(x, y),
    "spline": make_pipeline(pre.SplineTransformer(), linear_model.Ridge()).fit(body, progress),
    "soft_voting": ensemble.VotingClassifier([("a", linear()), ("b", naive_bayes.GaussianNB())], voting="soft").fit(x, y),
    "tfidf": make_pipeline(TfidfVectorizer(), linear()).fit(texts, moods),
    "tfidf_letters": make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)), linear()).fit(texts, moods),
    "hashing": make_pipeline(HashingVectorizer(n_features=64), linear()).fit(texts, moods),
    "ordinal_forest": make_pipeline(ColumnTransformer([("city", pre.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["city"]), ("age", "passthrough", ["age"])]), ensemble.RandomForestClassifier(20, random_state=0)).fit(people, answer),
    "xgboost": xgb.XGBClassifier(n_estimators=20).fit(x, y),
    "xgboost_numbers": xgb.XGBRegressor(n_estimators=10).fit(body, progress),
    "lightgbm": lgb.LGBMClassifier(n_estimators=20, verbose=-1).fit(x, y),
    "lightgbm_in_a_table": make_pipeline(table(), lgb.LGBMClassifier(n_estimators=10, verbose=-1)).fit(people, answer),
    "xgboost_in_a_table": make_pipeline(table(), xgb.XGBClassifier(n_estimators=10)).fit(people, (answer == "yes").astype(int)),
}

# What most people have on their desks: a table whose columns have names.
named, ages = people[["age", "income", "kind"]], people.age + people.kind
MODELS["xgboost_of_a_table"] = xgb.XGBClassifier(n_estimators=8).fit(named, (answer == "yes").astype(int))
MODELS["xgboost_of_a_table_many"] = xgb.XGBClassifier(n_estimators=8).fit(named, people.kind)
MODELS["xgboost_of_a_table_numbers"] = xgb.XGBRegressor(n_estimators=8).fit(named, ages)
MODELS["xgboost_behind_names"] = make_pipeline(column(pre.OrdinalEncoder(), "city").set_output(transform="pandas"), xgb.XGBClassifier(n_estimators=8)).fit(people, (answer == "yes").astype(int))
MODELS["lightgbm_of_a_table"] = lgb.LGBMClassifier(n_estimators=8, verbose=-1).fit(named, people.kind)
MODELS["lightgbm_of_a_table_numbers"] = lgb.LGBMRegressor(n_estimators=8, verbose=-1).fit(named, ages)

# Categories that a booster codes by itself.
towns = people[["age", "city"]].assign(city=people.city.astype("category"))
MODELS["xgboost_categories"] = xgb.XGBClassifier(n_estimators=8, enable_categorical=True).fit(towns, (answer == "yes").astype(int))
MODELS["lightgbm_categories"] = lgb.LGBMClassifier(n_estimators=8, verbose=-1).fit(towns, answer)
MODELS["lightgbm_categories_inside"] = make_pipeline(pre.FunctionTransformer(), lgb.LGBMClassifier(n_estimators=8, verbose=-1)).fit(towns, answer)
MODELS["lightgbm_numbered"] = lgb.LGBMClassifier(n_estimators=8, verbose=-1).fit(named, answer, categorical_feature=["kind"])

for name, model in MODELS.items():
    joblib.dump(model, FOLDER / f"{name}.joblib")
MODELS["xgboost"].save_model(FOLDER / "xgboost_own.json")
for name in ("xgboost_of_a_table", "xgboost_of_a_table_numbers", "xgboost_categories"):
    MODELS[name].save_model(FOLDER / f"{name}.ubj")
MODELS["xgboost_of_a_table_many"].save_model(FOLDER / "xgboost_of_a_table_many.json")
for name in ("lightgbm_of_a_table", "lightgbm_categories"):
    MODELS[name].booster_.save_model(FOLDER / f"{name}.txt")
MODELS["lightgbm"].booster_.save_model(FOLDER / "lightgbm_own.txt")
lgb.LGBMClassifier(n_estimators=10, verbose=-1).fit(flowers, kinds).booster_.save_model(FOLDER / "lightgbm_own_many.txt")
joblib.dump({"model": MODELS["logistic_regression"], "trained": "2026-01-01"}, FOLDER / "in_a_dict.joblib")
joblib.dump([1, 2, 3], FOLDER / "a_list.joblib")
