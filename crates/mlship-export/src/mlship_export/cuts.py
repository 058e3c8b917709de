"""Where the trees of a model cut, in the numbers of the columns that go in.

A tree behind other steps cuts what those steps give. Where they keep a column, or move and stretch it,
the cut is told in the column's own numbers; behind others it is not known.
"""

import numpy as np

from .steps import chain, members, picked


def cuts(model, names):
    """The cuts by column, for those where some are known."""
    found = {}
    walk(model, [(name, 1.0, 0.0) for name in names], found)
    return found


def walk(model, columns, found):
    """Follows columns, each its name and what its numbers are stretched and moved by to be those that
    went in, or `None` where it is no longer one of them."""
    *before, last = chain(model)
    for step in before:
        columns = through(step, columns)
        if columns is None:
            return
    for member, chosen in members(last):
        walk(member, columns if chosen is None else [columns[at] for at in chosen], found)
    if getattr(last, "_preprocessor", None) is not None:
        columns = through(last._preprocessor, columns) or []
    for at, values in own(last).items():
        if at < len(columns) and columns[at] is not None:
            name, stretch, move = columns[at]
            found.setdefault(name, []).extend(value * stretch + move for value in values if np.isfinite(value))


def through(step, columns):
    """The columns behind a step; `None` where how many there are is not known."""
    if hasattr(step, "transformers_"):
        return of_table(step, columns)
    if hasattr(step, "steps"):
        for inner in chain(step):
            columns = columns and through(inner, columns)
        return columns
    if hasattr(step, "transformer_list"):
        parts = [through(inner, columns) if hasattr(inner, "fit") else list(columns) for _, inner in step.transformer_list if inner != "drop"]
        return None if None in parts else [column for part in parts for column in part]
    if type(step).__name__ == "FunctionTransformer" and step.func is None:
        return list(columns)
    if hasattr(step, "get_support"):
        return [columns[at] for at in step.get_support(indices=True)]
    if hasattr(step, "powers_"):
        return [columns[int(row.argmax())] if row.sum() == 1 else None for row in step.powers_]
    if getattr(step, "statistics_", None) is not None:
        return imputed(step, columns)
    lines = line(step, len(columns))
    if lines is not None:
        return [one and (one[0], one[1] * stretch, one[1] * move + one[2]) for one, (stretch, move) in zip(columns, lines)]
    try:
        return [None] * len(step.get_feature_names_out())
    except Exception:
        return None


def of_table(step, columns):
    """The columns behind a table of steps, where each of its parts has its place."""
    places = getattr(step, "output_indices_", None)
    if places is None:
        return None
    behind = [None] * max(place.stop for place in places.values())
    at_name = {str(name): at for at, name in enumerate(getattr(step, "feature_names_in_", ()))}
    for name, inner, chosen in step.transformers_:
        place = places[name]
        named = [at_name.get(one, one) if isinstance(one, str) else one for one in picked(step, chosen, list(at_name) or list(range(len(columns))))]
        given = [columns[at] for at in named]
        if isinstance(inner, str):
            found = given if inner == "passthrough" else []
        else:
            found = through(inner, given)
        if found is not None and len(found) == place.stop - place.start:
            behind[place] = found
    return behind


def imputed(step, columns):
    """The columns that are filled in; one that was never there is left out, and which were missing may
    come behind them."""
    try:
        width = len(step.get_feature_names_out())
    except Exception:
        return None
    kept = [column for column, value in zip(columns, step.statistics_) if getattr(step, "keep_empty_features", False) or value == value]
    return (kept + [None] * width)[:width]


def line(step, width):
    """What a scaler's numbers are stretched and moved by, column by column, to be those that it was
    given."""
    name, whole = type(step).__name__, lambda value, other: np.full(width, other) if value is None else np.asarray(value, dtype=float)
    if name == "StandardScaler":
        return list(zip(whole(step.scale_, 1.0), whole(step.mean_ if step.with_mean else None, 0.0)))
    if name == "RobustScaler":
        return list(zip(whole(step.scale_, 1.0), whole(step.center_, 0.0)))
    if name == "MaxAbsScaler":
        return [(scale, 0.0) for scale in step.scale_]
    if name == "MinMaxScaler":
        return [(1 / scale, -low / scale) for scale, low in zip(step.scale_, step.min_)]
    return None


def own(step):
    """The cuts of trees that are the step itself, by the place of the column."""
    module = type(step).__module__
    if module.startswith("xgboost"):
        booster = step.get_booster()
        places = {name: at for at, name in enumerate(booster.feature_names or [])}
        return of_frame(booster.trees_to_dataframe(), "Split", lambda name: places.get(name, int(name[1:]) if name[1:].isdigit() else None))
    if module.startswith("lightgbm"):
        booster = step if type(step).__name__ == "Booster" else step.booster_
        places = {name: at for at, name in enumerate(booster.feature_name())}
        frame = booster.trees_to_dataframe().rename(columns={"split_feature": "Feature", "threshold": "Split"})
        return of_frame(frame[frame["Feature"].notna()], "Split", places.get)
    found = {}
    if hasattr(step, "tree_"):
        for at, value in zip(step.tree_.feature, step.tree_.threshold):
            if at >= 0:
                found.setdefault(int(at), []).append(float(value))
    for predictor in (one for row in getattr(step, "_predictors", ()) for one in row):
        for node in predictor.nodes:
            if not node["is_leaf"] and not node["is_categorical"]:
                found.setdefault(int(node["feature_idx"]), []).append(float(node["num_threshold"]))
    return found


def of_frame(frame, column, place):
    found = {}
    for name, value in zip(frame["Feature"], frame[column]):
        at = place(str(name)) if name != "Leaf" else None
        try:
            value = float(value)
        except (TypeError, ValueError):
            continue
        if at is not None:
            found.setdefault(at, []).append(value)
    return found
