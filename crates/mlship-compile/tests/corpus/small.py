"""A few small models that between them use every part of a program: text, bodies, trees, kernels."""

import sys

import numpy as np

import models as m


def main(folder):
    c = m.Corpus(folder)
    few = lambda data: (data[0][:40, :3], data[1][:40])
    c.sk("forest", m.en.RandomForestClassifier(3, max_depth=3, random_state=0), few(m.NAMED), test=m.IRIS[0][:5, :3])
    c.sk("regression", m.en.GradientBoostingRegressor(n_estimators=3, random_state=0), few(m.NUMBER), test=m.NUMBER[0][:5, :3])
    c.sk("neighbors", m.ne.KNeighborsClassifier(3), few(m.IRIS), test=m.IRIS[0][:5, :3])
    c.sk("machine", m.make_pipeline(m.pp.StandardScaler(), m.svm.SVC(probability=True, random_state=0)), few(m.IRIS), test=m.IRIS[0][:5, :3])
    words = np.random.RandomState(0).choice(["red", "green", "blue"], (40, 2)).astype(object)
    c.sk("words", m.pp.OneHotEncoder(handle_unknown="ignore", sparse_output=False), (words, None), kind=m.StringTensorType, test=words[:5])
    c.sk("ordinal", m.pp.OrdinalEncoder(), (words, None), kind=m.StringTensorType, test=words[:5])
    assert not c.failed, c.failed
    c.cases.finish()


main(*sys.argv[1:])
