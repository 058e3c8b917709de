"""Makes what the benches need besides the committed example, seeded.

    make.py FOLDER

`pipeline.joblib`: the example's own pipeline, fitted on made-up rows (the time to load and
answer does not depend on what it learned). `forest-model/`: a 100-tree forest on the digits
that come with scikit-learn, as ONNX, with a manifest and a sample.
"""

import json
import pathlib
import sys

import joblib
import numpy
import pandas
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "heart-disease"))
from train import CATEGORIES, NUMBERS, pipeline  # noqa: E402


def example(folder: pathlib.Path) -> None:
    random = numpy.random.default_rng(0)
    rows = pandas.DataFrame(
        {name: random.normal(100, 20, 300) for name in NUMBERS}
        | {name: random.integers(0, 4, 300) for name in CATEGORIES}
    ).astype("float32")
    joblib.dump(pipeline().fit(rows, random.integers(0, 2, 300)), folder / "pipeline.joblib")


def forest(folder: pathlib.Path) -> None:
    digits = load_digits()
    rows = digits.data.astype("float32")
    model = RandomForestClassifier(100, random_state=0).fit(rows, digits.target)
    onnx = to_onnx(model, rows[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3})
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(onnx.SerializeToString())
    columns = [f"pixel-{index}" for index in range(rows.shape[1])]
    row = {name: float(value) for name, value in zip(columns, rows[0])}
    (folder / "sample.json").write_text(json.dumps(row))
    kinds = ", ".join(f"{name}: float" for name in columns)
    (folder / "mlship.yaml").write_text(
        "version: 1\nname: forest\nmodel: {path: model.onnx}\n"
        f"input: {{table: {{columns: {{{kinds}}}}}}}\n"
        "output: {classify: {}}\nsamples: [{request: sample.json}]\n"
    )


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    example(out)
    forest(out / "forest-model")
