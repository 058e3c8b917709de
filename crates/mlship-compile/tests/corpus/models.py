"""Trained models of every kind that the converters write, 200 rows each, and what onnxruntime answers."""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.compose import ColumnTransformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA, IncrementalPCA, KernelPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn import ensemble as en
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn import linear_model as lm
from sklearn import naive_bayes as nb
from sklearn import neighbors as ne
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn import preprocessing as pp
from sklearn import svm
from sklearn import tree
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
import lightgbm as lgb
import xgboost as xgb

from onnx import helper

from cases import Cases, reference

_make_attribute = helper.make_attribute


def make_attribute(key, value, *args, **more):
    """The converter of histogram boosting gives truth values where onnx takes integers."""
    if isinstance(value, (list, tuple)) and any(isinstance(v, (bool, np.bool_)) for v in value):
        value = [int(v) for v in value]
    return _make_attribute(key, value, *args, **more)


helper.make_attribute = make_attribute

warnings.filterwarnings("ignore")
ROWS = 200
OPSET = {"": 18, "ai.onnx.ml": 3}


def load(loader, features=None):
    data = loader()
    x = data.data.astype(np.float32)
    return (x[:, :features] if features else x), data.target


def shuffled(x, y):
    order = np.random.RandomState(0).permutation(len(x))
    return x[order], y[order]


BINARY = shuffled(*load(load_breast_cancer, 12))
IRIS = shuffled(*load(load_iris))
DIGITS = shuffled(*load(load_digits))
NUMBER = shuffled(*load(load_diabetes))
NAMED = (IRIS[0], np.array(["setosa", "versicolor", "virginica"])[IRIS[1]])


def holes(x, share=0.1):
    x = x.copy()
    x[np.random.RandomState(1).rand(*x.shape) < share] = np.nan
    return x


def rows(x):
    """200 rows; small sets are repeated with a little noise, so that no row is one trained on."""
    x = np.asarray(x)
    noise = np.random.RandomState(3).randn(ROWS, x.shape[1]) * 0.05 * np.nanstd(x, axis=0)
    return (x[np.arange(ROWS) % len(x)] + noise).astype(x.dtype)


class Corpus:
    def __init__(self, folder):
        self.cases = Cases(folder)
        self.failed = []

    def add(self, name, data, feeds):
        try:
            answers = reference(data, feeds)
        except Exception as error:
            self.failed.append(f"{name}: onnxruntime: {str(error)[:200]}")
            return
        if any(isinstance(answer, list) for answer in answers):
            self.failed.append(f"{name}: answers with sequences")
            return
        self.cases.add(name, data, list(feeds.values()), answers)

    def sk(self, name, model, data, kind=FloatTensorType, options=None, test=None, opset=OPSET):
        x, y = data
        x = x.astype(np.float64) if kind is DoubleTensorType else x
        try:
            model.fit(x, y)
            if options is None and hasattr(model, "classes_") and not name.startswith("linear_svc"):
                options = {id(model): {"zipmap": False}}
            onx = convert_sklearn(model, initial_types=[("X", kind([None, x.shape[1]]))], options=options, target_opset=opset)
        except Exception as error:
            self.failed.append(f"{name}: conversion: {type(error).__name__}: {str(error)[:200]}")
            return
        self.add(name, onx.SerializeToString(), {"X": rows(x) if test is None else test})

    def boosted(self, name, convert, model, data, **more):
        x, y = data
        model.fit(x, y)
        try:
            onx = convert(model, initial_types=[("X", ToolsFloat([None, x.shape[1]]))], target_opset=15, **more)
        except Exception as error:
            self.failed.append(f"{name}: conversion: {type(error).__name__}: {str(error)[:200]}")
            return
        self.add(name, onx.SerializeToString(), {"X": rows(x)})


def classifiers(c):
    scaled = lambda model: make_pipeline(pp.StandardScaler(), model)
    c.sk("logistic_binary", scaled(lm.LogisticRegression()), BINARY)
    c.sk("logistic_names", scaled(lm.LogisticRegression()), NAMED)
    c.sk("logistic_zipmap", scaled(lm.LogisticRegression()), NAMED, options={})
    c.sk("logistic_double", scaled(lm.LogisticRegression()), IRIS, kind=DoubleTensorType)
    c.sk("logistic_ovr", OneVsRestClassifier(lm.LogisticRegression()), IRIS)
    c.sk("logistic_cv", scaled(lm.LogisticRegressionCV(cv=3)), BINARY)
    c.sk("sgd_log", scaled(lm.SGDClassifier(loss="log_loss", random_state=0)), IRIS)
    c.sk("sgd_hinge", scaled(lm.SGDClassifier(random_state=0)), BINARY)
    c.sk("perceptron", scaled(lm.Perceptron(random_state=0)), IRIS)
    c.sk("ridge_classifier", scaled(lm.RidgeClassifier()), IRIS)
    c.sk("linear_svc", svm.LinearSVC(random_state=0), IRIS)
    c.sk("linear_svc_binary", svm.LinearSVC(random_state=0), BINARY)
    c.sk("lda", LinearDiscriminantAnalysis(), IRIS)
    c.sk("qda", QuadraticDiscriminantAnalysis(), IRIS)
    c.sk("tree", tree.DecisionTreeClassifier(random_state=0), NAMED)
    c.sk("extra_tree", tree.ExtraTreeClassifier(random_state=0), IRIS)
    c.sk("forest_binary", en.RandomForestClassifier(100, random_state=0), BINARY)
    c.sk("forest_digits", en.RandomForestClassifier(100, random_state=0), DIGITS)
    c.sk("forest_names", en.RandomForestClassifier(20, random_state=0), NAMED)
    c.sk("extra_trees", en.ExtraTreesClassifier(30, random_state=0), IRIS)
    c.sk("boosting_binary", en.GradientBoostingClassifier(random_state=0), BINARY)
    c.sk("boosting_many", en.GradientBoostingClassifier(n_estimators=30, random_state=0), IRIS)
    c.sk("histogram_boosting", en.HistGradientBoostingClassifier(max_iter=30, random_state=0), BINARY)
    c.sk("histogram_boosting_many", en.HistGradientBoostingClassifier(max_iter=20, random_state=0), IRIS)
    c.sk("ada_boost", en.AdaBoostClassifier(random_state=0, n_estimators=20), IRIS)
    c.sk("bagging", en.BaggingClassifier(random_state=0), IRIS)
    c.sk("bagging_logistic", en.BaggingClassifier(lm.LogisticRegression(max_iter=300), random_state=0), IRIS)
    parts = [("lr", lm.LogisticRegression(max_iter=300)), ("nb", nb.GaussianNB()), ("dt", tree.DecisionTreeClassifier(random_state=0))]
    c.sk("voting_soft", en.VotingClassifier(parts, voting="soft", flatten_transform=False), IRIS)
    c.sk("voting_hard", en.VotingClassifier(parts, voting="hard", flatten_transform=False), IRIS)
    c.sk("stacking", en.StackingClassifier(parts, cv=3), IRIS)
    c.sk("calibrated_sigmoid", CalibratedClassifierCV(nb.GaussianNB(), cv=3), IRIS)
    c.sk("calibrated_isotonic", CalibratedClassifierCV(nb.GaussianNB(), cv=3, method="isotonic"), BINARY)
    c.sk("one_vs_one", OneVsOneClassifier(lm.LogisticRegression(max_iter=300)), IRIS)
    c.sk("one_vs_rest_forest", OneVsRestClassifier(en.RandomForestClassifier(5, random_state=0)), IRIS)
    c.sk("gaussian_nb", nb.GaussianNB(), IRIS)
    c.sk("bernoulli_nb", nb.BernoulliNB(binarize=2.0), IRIS)
    c.sk("multinomial_nb", nb.MultinomialNB(), DIGITS, test=DIGITS[0][:ROWS])
    c.sk("complement_nb", nb.ComplementNB(), DIGITS, test=DIGITS[0][:ROWS])
    c.sk("categorical_nb", nb.CategoricalNB(), ((DIGITS[0] > 7).astype(np.int64), DIGITS[1]), kind=Int64TensorType, test=(DIGITS[0][:ROWS] > 7).astype(np.int64))
    for kernel in ("rbf", "poly", "sigmoid", "linear"):
        c.sk(f"svc_{kernel}", scaled(svm.SVC(kernel=kernel)), IRIS)
    c.sk("svc_binary", scaled(svm.SVC()), BINARY)
    c.sk("svc_probability", scaled(svm.SVC(probability=True, random_state=0)), IRIS)
    c.sk("svc_binary_probability", scaled(svm.SVC(probability=True, random_state=0)), BINARY)
    c.sk("svc_names", scaled(svm.SVC(probability=True, random_state=0)), NAMED)
    c.sk("nu_svc", scaled(svm.NuSVC(nu=0.2)), IRIS)
    c.sk("knn", ne.KNeighborsClassifier(5), IRIS)
    c.sk("knn_weighted", ne.KNeighborsClassifier(7, weights="distance"), IRIS)
    c.sk("knn_manhattan", ne.KNeighborsClassifier(3, metric="manhattan"), IRIS)
    knn = ne.KNeighborsClassifier(5)
    c.sk("knn_cdist", knn, DIGITS, options={id(knn): {"zipmap": False, "optim": "cdist"}})
    c.sk("radius_neighbors", ne.RadiusNeighborsClassifier(20.0), IRIS, test=IRIS[0][np.arange(ROWS) % 150])
    c.sk("mlp", scaled(MLPClassifier((16,), max_iter=200, random_state=0)), IRIS)
    c.sk("mlp_binary_tanh", scaled(MLPClassifier((8, 4), activation="tanh", max_iter=200, random_state=0)), BINARY)
    c.sk("forest_integers", en.RandomForestClassifier(10, random_state=0), (DIGITS[0].astype(np.int64), DIGITS[1]), kind=Int64TensorType, test=DIGITS[0][:ROWS].astype(np.int64))


def regressors(c):
    x, y = NUMBER
    for name, model in {
        "linear": lm.LinearRegression(), "ridge": lm.Ridge(), "lasso": lm.Lasso(0.1), "elastic_net": lm.ElasticNet(0.1),
        "bayesian_ridge": lm.BayesianRidge(), "huber": lm.HuberRegressor(max_iter=500), "lars": lm.Lars(), "lasso_lars": lm.LassoLars(0.01),
        "omp": lm.OrthogonalMatchingPursuit(), "ransac": lm.RANSACRegressor(random_state=0), "sgd": lm.SGDRegressor(random_state=0),
        "theil_sen": lm.TheilSenRegressor(random_state=0), "poisson": lm.PoissonRegressor(), "gamma": lm.GammaRegressor(), "tweedie": lm.TweedieRegressor(power=1.5),
        "quantile": lm.QuantileRegressor(alpha=0.01), "ard": lm.ARDRegression(),
        "linear_svr": svm.LinearSVR(random_state=0), "svr": svm.SVR(C=10), "svr_poly": svm.SVR(kernel="poly", C=10), "nu_svr": svm.NuSVR(C=10),
        "tree": tree.DecisionTreeRegressor(random_state=0), "extra_tree": tree.ExtraTreeRegressor(random_state=0),
        "forest": en.RandomForestRegressor(50, random_state=0), "extra_trees": en.ExtraTreesRegressor(20, random_state=0),
        "boosting": en.GradientBoostingRegressor(random_state=0), "histogram_boosting": en.HistGradientBoostingRegressor(max_iter=30, random_state=0),
        "ada_boost": en.AdaBoostRegressor(random_state=0, n_estimators=10), "bagging": en.BaggingRegressor(random_state=0),
        "voting": en.VotingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=4, random_state=0))]),
        "stacking": en.StackingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=4, random_state=0))], cv=3),
        "knn": ne.KNeighborsRegressor(5), "knn_weighted": ne.KNeighborsRegressor(5, weights="distance"), "radius": ne.RadiusNeighborsRegressor(5.0),
        "mlp": MLPRegressor(hidden_layer_sizes=(16,), max_iter=300, random_state=0), "pls": PLSRegression(2),
        "polynomial": make_pipeline(pp.PolynomialFeatures(2), lm.Ridge()),
    }.items():
        c.sk(f"regress_{name}", model, NUMBER)
    c.sk("regress_double", make_pipeline(pp.StandardScaler(), lm.LinearRegression()), NUMBER, kind=DoubleTensorType)
    both = np.stack([y, y * 2 + x[:, 0]], 1)
    c.sk("regress_two_targets", lm.LinearRegression(), (x, both))
    c.sk("regress_multi_output", MultiOutputRegressor(tree.DecisionTreeRegressor(max_depth=4, random_state=0)), (x, both))
    c.sk("regress_forest_two_targets", en.RandomForestRegressor(10, random_state=0), (x, both))
    kernel = ConstantKernel(1.0) * RBF(0.5)
    c.sk("gaussian_process_regressor", GaussianProcessRegressor(kernel, alpha=1.0, normalize_y=True), (x[:100], y[:100]), kind=DoubleTensorType)
    c.sk("gaussian_process_dot", GaussianProcessRegressor(DotProduct(), alpha=1.0), (x[:60], y[:60]), kind=DoubleTensorType)


def others(c):
    x, _ = IRIS
    for name, model in {
        "kmeans": KMeans(n_clusters=3, random_state=0, n_init=3), "mini_batch_kmeans": MiniBatchKMeans(n_clusters=3, random_state=0, n_init=3),
        "isolation_forest": en.IsolationForest(n_estimators=20, random_state=0), "one_class_svm": svm.OneClassSVM(gamma=0.3),
        "local_outlier_factor": ne.LocalOutlierFactor(novelty=True), "sgd_one_class": lm.SGDOneClassSVM(random_state=0),
        "gaussian_mixture": GaussianMixture(n_components=3, random_state=0), "gaussian_mixture_diag": GaussianMixture(n_components=3, covariance_type="diag", random_state=0),
        "bayesian_mixture": BayesianGaussianMixture(n_components=2, random_state=0),
        "pca": PCA(2), "incremental_pca": IncrementalPCA(2), "kernel_pca": KernelPCA(n_components=2, kernel="rbf"), "truncated_svd": TruncatedSVD(n_components=2, random_state=0),
        "standard_scaler": pp.StandardScaler(), "min_max_scaler": pp.MinMaxScaler(clip=True), "max_abs_scaler": pp.MaxAbsScaler(), "robust_scaler": pp.RobustScaler(),
        "normalizer": pp.Normalizer(), "normalizer_l1": pp.Normalizer(norm="l1"), "normalizer_max": pp.Normalizer(norm="max"), "binarizer": pp.Binarizer(threshold=2.0),
        "power_transformer": pp.PowerTransformer(), "box_cox": pp.PowerTransformer(method="box-cox"),
        "discretizer": pp.KBinsDiscretizer(n_bins=4, encode="onehot-dense"), "discretizer_ordinal": pp.KBinsDiscretizer(n_bins=4, encode="ordinal"),
        "polynomial": pp.PolynomialFeatures(3), "variance_threshold": VarianceThreshold(0.2), "select_best": SelectKBest(k=2),
        "union": FeatureUnion([("pca", PCA(2)), ("scaled", pp.MinMaxScaler())]), "knn_transformer": ne.KNeighborsTransformer(n_neighbors=3),
        "kernel_centerer": pp.KernelCenterer(), "function": pp.FunctionTransformer(),
    }.items():
        data = (x @ x.T, None) if name == "kernel_centerer" else IRIS
        c.sk(f"other_{name}", model, data)
    gaps = (holes(BINARY[0]), BINARY[1])
    c.sk("imputer_mean", SimpleImputer(), gaps)
    c.sk("imputer_median_logistic", make_pipeline(SimpleImputer(strategy="median"), pp.StandardScaler(), lm.LogisticRegression()), gaps)
    c.sk("imputer_constant", SimpleImputer(strategy="constant", fill_value=-1.0), gaps)
    c.sk("imputer_indicator", SimpleImputer(add_indicator=True), gaps)
    c.sk("imputer_knn", KNNImputer(n_neighbors=2), (gaps[0][:60, :4], gaps[1][:60]))
    c.sk("tree_missing", tree.DecisionTreeClassifier(random_state=0), gaps)
    c.sk("forest_missing", en.RandomForestClassifier(20, random_state=0), gaps)
    c.sk("histogram_boosting_missing", en.HistGradientBoostingClassifier(max_iter=20, random_state=0), gaps)


def boosted(c):
    common = dict(n_estimators=30, n_jobs=1, random_state=0)
    gaps = (holes(BINARY[0]), BINARY[1])
    y = NUMBER[1].astype(np.float32)
    for name, data, model in (
        ("binary", BINARY, xgb.XGBClassifier(**common)), ("many", IRIS, xgb.XGBClassifier(**common)), ("digits", DIGITS, xgb.XGBClassifier(**common)),
        ("missing", gaps, xgb.XGBClassifier(**common)), ("regressor", NUMBER, xgb.XGBRegressor(**common)),
        ("regressor_missing", (holes(NUMBER[0]), y), xgb.XGBRegressor(**common)), ("forest", BINARY, xgb.XGBRFClassifier(n_estimators=20, random_state=0)),
        ("poisson", (NUMBER[0], y), xgb.XGBRegressor(objective="count:poisson", **common)),
        ("logistic_target", (NUMBER[0], y / 400), xgb.XGBRegressor(objective="reg:logistic", **common)),
        ("ranker_free_base", (NUMBER[0], y), xgb.XGBRegressor(base_score=10.0, **common)),
    ):
        c.boosted(f"xgboost_{name}", convert_xgboost, model, data)
    common["verbose"] = -1
    for name, data, model, more in (
        ("binary", BINARY, lgb.LGBMClassifier(**common), {"zipmap": False}), ("many", IRIS, lgb.LGBMClassifier(**common), {"zipmap": False}),
        ("zipmap", BINARY, lgb.LGBMClassifier(**common), {}), ("missing", gaps, lgb.LGBMClassifier(**common), {"zipmap": False}),
        ("regressor", NUMBER, lgb.LGBMRegressor(**common), {}), ("regressor_missing", (holes(NUMBER[0]), y), lgb.LGBMRegressor(**common), {}),
        ("poisson", (NUMBER[0], y), lgb.LGBMRegressor(objective="poisson", **common), {}), ("forest", BINARY, lgb.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **common), {"zipmap": False}),
        ("dart", BINARY, lgb.LGBMClassifier(boosting_type="dart", **common), {"zipmap": False}), ("split", NUMBER, lgb.LGBMRegressor(**common), {"split": 10}),
    ):
        c.boosted(f"lightgbm_{name}", convert_lightgbm, model, data, **more)


def tables(c):
    r = np.random.RandomState(0)
    n = 800
    table = pd.DataFrame(dict(
        age=r.randint(18, 80, n).astype(np.float32), fare=r.gamma(2, 20, n).astype(np.float32), rooms=r.randint(0, 5, n).astype(np.int64),
        sex=r.choice(["male", "female"], n), port=r.choice(["S", "C", "Q", "?"], n),
    ))
    table.sex, table.port = table.sex.astype(object), table.port.astype(object)
    table.loc[r.rand(n) < 0.1, "age"] = np.nan
    y = ((table.sex == "female") * 2 + (table.port == "S") - table.age.fillna(40) / 60 + r.randn(n) * 0.5 > 0.3).astype(int).values
    test = table.head(ROWS).copy()
    test.loc[::7, "port"] = "never seen"
    kinds = [("age", FloatTensorType), ("fare", FloatTensorType), ("rooms", Int64TensorType), ("sex", StringTensorType), ("port", StringTensorType)]
    numbers = make_pipeline(SimpleImputer(strategy="median"), pp.StandardScaler())
    ordinal = pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    onehot = lambda **more: pp.OneHotEncoder(handle_unknown="ignore", sparse_output=False, **more)
    for name, encoder, model, options in (
        ("onehot_logistic", onehot(), lm.LogisticRegression(max_iter=300), {"zipmap": False}),
        ("onehot_zipmap", onehot(), lm.LogisticRegression(max_iter=300), None),
        ("onehot_forest", onehot(), en.RandomForestClassifier(30, random_state=0), {"zipmap": False}),
        ("ordinal_forest", ordinal, en.RandomForestClassifier(50, random_state=0), {"zipmap": False}),
        ("ordinal_boosting", ordinal, en.GradientBoostingClassifier(n_estimators=20, random_state=0), {"zipmap": False}),
        ("onehot_infrequent", onehot(max_categories=3), lm.LogisticRegression(max_iter=300), {"zipmap": False}),
        ("onehot_ridge", onehot(drop="first"), lm.Ridge(), None), ("imputed_names", make_pipeline(SimpleImputer(missing_values="?", strategy="most_frequent"), onehot()), lm.LogisticRegression(max_iter=300), {"zipmap": False}),
        ("target_encoder", pp.TargetEncoder(random_state=0), lm.LogisticRegression(max_iter=300), {"zipmap": False}),
    ):
        columns = ColumnTransformer([("numbers", numbers, ["age", "fare"]), ("names", encoder, ["sex", "port"]), ("whole", "passthrough", ["rooms"])])
        pipeline = make_pipeline(columns, model)
        pipeline.fit(table, y)
        try:
            onx = convert_sklearn(pipeline, initial_types=[(k, t([None, 1])) for k, t in kinds], options={id(pipeline): options} if options else None, target_opset=OPSET)
        except Exception as error:
            c.failed.append(f"table_{name}: conversion: {type(error).__name__}: {str(error)[:200]}")
            continue
        kind_of = {FloatTensorType: np.float32, Int64TensorType: np.int64, StringTensorType: object}
        feeds = {k: test[[k]].values.astype(kind_of[t]) for k, t in kinds}
        if name == "onehot_ridge":
            feeds["port"] = table[["port"]].head(ROWS).values
        c.add(f"table_{name}", onx.SerializeToString(), feeds)
    for name, encoder in (("onehot_integers", onehot()), ("ordinal_integers", ordinal)):
        whole = r.randint(0, 6, (300, 3)).astype(np.int64)
        seen = r.randint(0, 8, (ROWS, 3)).astype(np.int64)
        c.sk(f"table_{name}", encoder, (whole, None), kind=Int64TensorType, test=seen)
    c.sk("table_label_encoder", pp.OrdinalEncoder(), (table[["sex", "port"]].values, None), kind=StringTensorType, test=table[["sex", "port"]].head(ROWS).values)


def main(folder):
    c = Corpus(folder)
    for part in (classifiers, regressors, others, boosted, tables):
        part(c)
    c.cases.finish()
    (c.cases.folder / "failed.txt").write_text("\n".join(c.failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
