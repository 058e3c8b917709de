"""Whether two models answer the same rows alike: labels equal, numbers within a tolerance."""

import importlib.metadata
import platform

import numpy as np
import onnxruntime

from .refusal import Refusal, one_line
from .steps import FLOAT, INT, TEXT

# How many rows are shown with their answers.
SHOWN = 64

# What may be in an environment and is worth naming.
PACKAGES = [
    "scikit-learn", "numpy", "scipy", "pandas", "xgboost", "xgboost-cpu", "lightgbm", "skl2onnx", "onnxmltools",
    "onnx", "onnxruntime", "joblib", "torch", "torchvision", "fastai", "transformers", "tokenizers",
]


def prove(model, columns, data, table, order):
    """The report: what was compared, and how far the answers are apart."""
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        found = session.run(None, feeds(session, columns, table))
    except Exception as error:
        raise Refusal("parity", f"onnxruntime does not run the converted model: {one_line(error)}") from None
    wanted = answers(model, columns, table)
    samples = shown(model, columns, table, wanted)
    tied = ties(wanted)
    outputs, wrong, ties_met = [], None, 0
    for output, got in zip(session.get_outputs(), found):
        kind, largest, differing = nearest(np.asarray(got), wanted)
        if kind is None:
            raise Refusal("parity", f"the converted model's output `{output.name}` is none of the model's own answers")
        del wanted[kind]
        ties_met += int((differing & tied).sum())
        differing = int((differing & ~tied).sum())
        outputs.append({"name": output.name, "is": kind, "largest": largest, "differing": differing})
        tolerance = order["tolerance"]
        if differing or not largest <= tolerance:
            wrong = wrong or say(kind, differing, largest, tolerance, len(got))
    report = {
        "ok": wrong is None, "stage": "parity", "reason": wrong, "step": None, "loader": order["loader"],
        "class": f"{type(model).__module__}.{type(model).__qualname__}", "rows": count(table),
        "largest": max(output["largest"] for output in outputs), "ties": ties_met, "outputs": outputs,
        "opset": {one.domain or "ai.onnx": one.version for one in opsets(data)}, "packages": packages(),
        "samples": samples,
    }
    return report


def shown(model, columns, table, wanted):
    """The first rows as requests, with the model's own answers."""
    predict, scores = wanted.get("predict"), wanted.get("predict_proba")
    if predict is None or predict.ndim != 1:
        return []
    found = []
    for at in range(min(SHOWN, count(table))):
        if columns is None:
            request = {f"x{nth}": plain(value) for nth, value in enumerate(table[None][at])}
        else:
            request = {name: plain(table[name][at]) for name, _ in columns}
        probabilities = scores[at].astype(float).tolist() if scores is not None and scores.ndim == 2 else None
        found.append({"request": request, "predict": plain(predict[at]), "probabilities": probabilities})
    return found


def plain(value):
    """A value as JSON has it; what is not a number is null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def say(kind, differing, largest, tolerance, rows):
    if differing:
        return f"{differing} of {rows} rows get another label"
    return f"`{kind}` differs by {largest:.3g}, and {tolerance:g} is allowed"


def opsets(data):
    import onnx

    return onnx.load_from_string(data).opset_import


def count(table):
    return len(next(iter(table.values())))


def feeds(session, columns, table):
    """The rows as ONNX takes them."""
    inputs = session.get_inputs()
    if columns is None:
        return {inputs[0].name: table[None]}
    if len(inputs) == 1 and len(columns) > 1:
        return {inputs[0].name: np.stack([table[name].astype(np.float32) for name, _ in columns], axis=1)}
    return {one.name: table[name].reshape(-1, 1) for one, (name, _) in zip(inputs, columns)}


def answers(model, columns, table):
    """All that the model itself says of the rows, by the name of what says it."""
    x = given(model, columns, table)
    said = {}
    # What gives probabilities of its own, numbers and labels, and what gives a table.
    for name in ("predict", "predict_proba", "decision_function", "score_samples", "transform"):
        try:
            call = getattr(model, name, None)
        except Exception:
            call = None
        if not callable(call):
            continue
        try:
            answer = call(x)
        except Exception as error:
            if name == "predict":
                raise Refusal("parity", f"the model fails on rows that were made for it: {one_line(error)}") from None
            continue
        answer = answer.toarray() if hasattr(answer, "toarray") else answer
        said[name] = np.asarray(answer)
    if type(model).__module__.startswith("lightgbm") and type(model).__name__ == "Booster":
        of_booster(said, model)
    if not said:
        raise Refusal("parity", "the model answers no rows: it has neither `predict` nor `transform`")
    return said


def of_booster(said, model):
    """lightgbm's own booster gives probabilities where the converted one gives a label too."""
    scores, objective = said["predict"], model.dump_model(num_iteration=1).get("objective", "")
    if objective.startswith("multiclass"):
        said.update(predict=scores.argmax(axis=1), predict_proba=scores)
    elif objective.startswith("binary"):
        said.update(predict=(scores > 0.5).astype(np.int64), predict_proba=np.stack([1 - scores, scores], axis=1))


def given(model, columns, table):
    """The rows as the model itself takes them."""
    if columns is None:
        return table[None].astype(np.float64)
    if len(columns) == 1 and columns[0] == ("text", TEXT):
        return list(table["text"])
    import pandas

    kinds = {FLOAT: np.float64, INT: np.int64, TEXT: object}
    if type(model).__module__.startswith("lightgbm"):
        return np.stack([table[name].astype(np.float64) for name, _ in columns], axis=1)
    frame = pandas.DataFrame({name: table[name].astype(kinds[kind]) for name, kind in columns})
    if all(name == f"x{at}" for at, (name, _) in enumerate(columns)) and not hasattr(model, "feature_names_in_"):
        return frame.to_numpy()
    return frame


def nearest(got, wanted):
    """Which of the model's own answers an output is, how far they are apart, and for labels in which
    rows they are not equal."""
    best = (None, float("inf"), np.zeros(1, dtype=bool))
    for kind, answer in wanted.items():
        if answer.size != got.size:
            continue
        answer = answer.reshape(got.shape)
        if got.dtype.kind in "OUSib" and kind == "predict":
            return kind, 0.0, (got.astype(str) != labels(answer, got)).reshape(len(got), -1).any(axis=1)
        if got.dtype.kind in "OUS" or answer.dtype.kind in "OUS":
            continue
        largest = distance(got.astype(np.float64), answer.astype(np.float64))
        if best[0] is None or largest < best[1]:
            best = (kind, largest, np.zeros(1, dtype=bool))
    return best


def ties(said):
    """The rows in which two labels are equally probable to the model itself: there the last bit decides."""
    scores = said.get("predict_proba")
    if scores is None or scores.ndim != 2 or scores.shape[1] < 2:
        return np.zeros(1, dtype=bool)
    two = np.sort(scores, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0] < 1e-6


def labels(answer, got):
    """Labels as text, whole numbers without a point."""
    if got.dtype.kind in "ib" and answer.dtype.kind == "f":
        answer = answer.astype(np.int64)
    if got.dtype.kind in "ib" and answer.dtype.kind == "b":
        answer = answer.astype(np.int64)
    return answer.astype(str)


def distance(got, answer):
    """The largest difference, in the measure of the largest number where that is above one."""
    both = np.isnan(got) & np.isnan(answer)
    sizes = np.abs(answer[np.isfinite(answer)])
    apart = np.abs(got - answer) / max(1.0, sizes.max() if sizes.size else 1.0)
    apart = np.where(both | (got == answer), 0.0, apart)
    return float(apart.max()) if apart.size and not np.isnan(apart).any() else (0.0 if not apart.size else float("inf"))


def packages():
    """The versions that were at work."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found
