"""Whether two models answer the same rows alike: labels equal, numbers within a tolerance."""

import importlib.metadata
import platform

import numpy as np
import onnxruntime

from . import edges
from .refusal import Refusal, one_line
from .steps import FLOAT, INT, TEXT, absent

# How many rows are shown with their answers.
SHOWN = 64

# Of encoders that have learned that a text may be missing: where nothing is, ONNX has an empty text.
NO_MISSING = "column `{}`: the model has learned a missing category, and ONNX has none"
FILL = "fill it in before the model is trained, as with `fillna(\"missing\")`"

# What may be in an environment and is worth naming.
PACKAGES = [
    "scikit-learn", "numpy", "scipy", "pandas", "xgboost", "xgboost-cpu", "lightgbm", "skl2onnx", "onnxmltools",
    "onnx", "onnxruntime", "joblib", "torch", "torchvision", "fastai", "transformers", "tokenizers",
]


def prove(model, columns, data, rows, order):
    """The report: what was compared, and how far the answers are apart. `rows` are those that are asked,
    and the same in 32 bits."""
    asked, table = rows
    session = opened(data)
    try:
        found = session.run(None, feeds(session, columns, table))
    except Exception as error:
        refuse_missing(session, columns, table)
        raise not_run(error) from None
    wanted = answers(model, columns, table)
    tied, tolerance, outputs = ties(wanted), order["tolerance"], []
    for output, got in zip(session.get_outputs(), found):
        said = [one["is"] for one in outputs]
        kind, far, differing = nearest(np.asarray(got), {kind: one for kind, one in wanted.items() if kind not in said}, count(table))
        if kind is None:
            raise Refusal("parity", f"the converted model's output `{output.name}` is none of the model's own answers")
        outputs.append({"name": output.name, "is": kind, "far": far, "differing": differing})
    wrong = [(one["differing"] & ~tied) | (one["far"] > tolerance) for one in outputs]
    edge = at_edge(model, columns, (asked, table), wanted, outputs, np.any(wrong, axis=0), tolerance)
    reason = None
    for one, differing in zip(outputs, wrong):
        inner = ~edge
        largest = float(one["far"][inner].max()) if inner.any() else 0.0
        if (differing & inner).any():
            reason = reason or say(one["is"], int((one["differing"] & ~tied & inner).sum()), largest, tolerance, count(table))
        one.update(largest=largest, differing=int((one["differing"] & ~tied & inner).sum()), ties=int((one.pop("differing") & tied).sum()))
        del one["far"]
    reason = no_missing_category(table, columns, np.any(wrong, axis=0) & ~edge) or reason
    reason = reason or rounded_away(model, columns, (asked, table), wanted, outputs, tied, tolerance)
    report = {
        "ok": reason is None, "stage": "parity", "reason": reason, "step": None, "loader": order["loader"],
        "class": f"{type(model).__module__}.{type(model).__qualname__}", "rows": count(table),
        "largest": max(output["largest"] for output in outputs), "ties": sum(one.pop("ties") for one in outputs), "outputs": outputs,
        "opset": {one.domain or "ai.onnx": one.version for one in opsets(data)}, "packages": packages(),
        "samples": shown(model, columns, table, wanted, edge), "notes": notes(edge, wanted),
    }
    return report


def opened(data):
    """The converted model, to be asked."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise not_run(error) from None


def not_run(error):
    return Refusal("parity", f"onnxruntime does not run the converted model: {one_line(error)}")


def at_edge(model, columns, rows, wanted, outputs, wrong, tolerance):
    """The rows among those that are wrong where the model itself answers otherwise a few of the smallest
    steps away, where they are few; else none."""
    none = np.zeros(len(wrong), dtype=bool)
    if not wrong.any() or wrong.sum() > edges.few(len(wrong)):
        return none
    kinds, found = [one["is"] for one in outputs], none
    for other in (rows[0], edges.nudged(rows[1], 1), edges.nudged(rows[1], -1)):
        found = found | edges.otherwise(wanted, answers(model, columns, other), kinds, len(wrong), tolerance)
    return wrong & found


def rounded_away(model, columns, rows, wanted, outputs, tied, tolerance):
    """Why the model cannot be asked in 32 bits, where it answers too many rows otherwise when they are
    rounded."""
    asked, table = rows
    if all(one.dtype.kind != "f" or np.array_equal(one, table[name], equal_nan=True) for name, one in asked.items()):
        return None
    kinds = [one["is"] for one in outputs]
    lost = edges.otherwise(answers(model, columns, asked), wanted, kinds, count(table), tolerance) & ~tied
    if lost.sum() <= edges.few(len(lost)):
        return None
    values = {f"x{at}": asked[None][:, at] for at in range(asked[None].shape[1])} if columns is None else {name: asked[name] for name, kind in columns if kind == FLOAT}
    name, step = max(((name, edges.steps(one)) for name, one in values.items()), key=lambda one: one[1])
    where = f"32 bits, in which numbers are computed, have steps of {step:g} in column `{name}`"
    return f"{int(lost.sum())} of {len(lost)} rows get another answer from the model itself when they are rounded: {where}"


def notes(edge, wanted):
    """What the reader should know."""
    found = []
    if edge.any():
        rows = f"{int(edge.sum())} of {len(edge)} rows lie" if edge.sum() > 1 else f"1 of {len(edge)} rows lies"
        found.append(f"{rows} so near a border of the model that the last of 32 bits decides, and got another answer")
    if wanted.get("predict", edge).dtype.kind == "b" and "predict" in wanted:
        found.append("its labels `false` and `true` are `0` and `1` in ONNX; `labels` in the manifest can name them")
    return found


def shown(model, columns, table, wanted, edge):
    """The first rows as requests, with the model's own answers. Not those that the last bit decides."""
    predict, scores = wanted.get("predict"), wanted.get("predict_proba")
    if predict is None or predict.ndim != 1:
        return []
    found = []
    for at in np.flatnonzero(~edge)[:SHOWN]:
        if columns is None:
            request = {f"x{nth}": plain(value) for nth, value in enumerate(table[None][at])}
        else:
            request = {name: plain(table[name][at]) for name, _ in columns}
        probabilities = scores[at].astype(float).tolist() if scores is not None and scores.ndim == 2 else None
        # True and false are 1 and 0 in ONNX.
        label = int(predict[at]) if predict.dtype.kind == "b" else plain(predict[at])
        found.append({"request": request, "predict": label, "probabilities": probabilities})
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
    return {one.name: texts(table[name]).reshape(-1, 1) for one, (name, _) in zip(inputs, columns)}


def texts(values):
    """A column as ONNX takes it: where a text is missing there is an empty one."""
    return np.array(["" if absent(one) else one for one in values], dtype=object) if values.dtype.kind == "O" else values


def lacking(table, columns):
    """The rows in which a text is missing, by column, where there are such."""
    found = {name: np.array([absent(one) for one in table[name]]) for name, kind in columns or () if kind == TEXT}
    return {name: rows for name, rows in found.items() if rows.any()}


def no_missing_category(table, columns, wrong):
    """Why rows are wrong, where a text is missing in each of them."""
    gaps = lacking(table, columns)
    if not wrong.any() or (wrong & ~np.any(list(gaps.values()) or [~wrong], axis=0)).any():
        return None
    name, rows = max(gaps.items(), key=lambda gap: (gap[1] & wrong).sum())
    return f"{NO_MISSING.format(name)}: {int((wrong & rows).sum())} of {int(rows.sum())} rows without a value get another answer; {FILL}"


def refuse_missing(session, columns, table):
    """Refuses a model that is asked without an error once no text is missing."""
    gaps = lacking(table, columns)
    if not gaps:
        return
    whole = ~np.any(list(gaps.values()), axis=0)
    try:
        session.run(None, feeds(session, columns, {name: values[whole] for name, values in table.items()}))
    except Exception:
        return
    raise Refusal("parity", f"{NO_MISSING.format(next(iter(gaps)))}: such rows are an error; {FILL}")


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


def nearest(got, wanted, rows):
    """Which of the model's own answers an output is, how far they are apart row by row, and for labels
    in which rows they are not equal."""
    same, best = np.zeros(rows, dtype=bool), (None, np.full(rows, np.inf), None)
    for kind, answer in wanted.items():
        if answer.size != got.size:
            continue
        answer = answer.reshape(got.shape)
        if got.dtype.kind in "OUSib" and kind == "predict":
            return kind, np.zeros(rows), edges.by_row(got.astype(str) != labels(answer, got), rows).any(axis=1)
        if got.dtype.kind in "OUS" or answer.dtype.kind in "OUS":
            continue
        far = edges.by_row(edges.apart(got.astype(np.float64), answer.astype(np.float64)), rows).max(axis=1)
        if best[0] is None or far.max() < best[1].max():
            best = (kind, far, same)
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
    return float(edges.apart(got, answer).max()) if got.size else 0.0


def packages():
    """The versions that were at work."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found
