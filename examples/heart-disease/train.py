"""Trains the heart-disease classifier and writes it as ONNX.

    python train.py PATH.csv [model.onnx]

PATH.csv is the UCI heart-disease table (see README.md). Needs scikit-learn, skl2onnx and pandas.
The split and the solver are seeded: the same table gives the same model.
"""

import json
import sys

import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["age", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak"]
CATEGORIES = ["sex", "cp", "restecg", "ca", "slope", "thal"]
LABELS = ["clear", "heart-disease"]


def pipeline() -> Pipeline:
    numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    categories = Pipeline(
        [
            ("impute", SimpleImputer(strategy="most_frequent")),
            ("one-hot", OneHotEncoder(handle_unknown="ignore")),
        ]
    )
    columns = ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)]
    )
    return Pipeline(
        [("columns", columns), ("classify", LogisticRegression(max_iter=1000, random_state=0))]
    )


def main(table: str, out: str) -> None:
    rows = pd.read_csv(table, encoding="utf-8-sig")
    x, y = rows[NUMBERS + CATEGORIES].astype("float32"), rows["target"]
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=0.25, random_state=0, stratify=y
    )
    model = pipeline().fit(x_train, y_train)
    print(f"held-out accuracy {model.score(x_test, y_test):.3f} on {len(y_test)} rows")

    inputs = [(name, FloatTensorType([None, 1])) for name in x.columns]
    onnx = convert_sklearn(
        model,
        name="heart-disease",
        initial_types=inputs,
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    labels = onnx.metadata_props.add()
    labels.key, labels.value = "labels", json.dumps(LABELS)
    with open(out, "wb") as file:
        file.write(onnx.SerializeToString())
    print(f"wrote {out}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "model.onnx")
