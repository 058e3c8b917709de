"""Rows to compare two models on: those that are given, and made ones near what a model was trained on.

Where that was is told by what its first steps have learned: means, ranges, categories, neighbours, the
thresholds of trees. Numbers are those that 32 bits hold: a request's numbers reach a model so.
"""

import numpy as np

from .steps import FLOAT, INT, TEXT, chain, readers

# Words that no vocabulary has, and letters outside of ASCII.
STRANGE = ["zyxw", "Ünïcödé", "123", "", "end."]


def rows(model, width, columns, order):
    """A dict of arrays, one a column; `None` is the key of the one table of floats."""
    count, rng = order["rows"], np.random.RandomState(order["seed"])
    names = [name for name, _ in columns] if columns else list(range(width))
    kinds = dict(columns) if columns else dict.fromkeys(names, FLOAT)
    known = learned(model, names)
    table = {name: column(kinds[name], known.get(name, {}), count, rng) for name in names}
    whole, are_rows = kept_rows(model, width)
    if whole is not None:
        near = whole[rng.randint(len(whole), size=count)]
        noise = rng.standard_normal(near.shape) * 0.1 * (np.nanstd(whole, axis=0) + 1e-9)
        if are_rows:
            # People ask with rows they trained on, and some models know nothing a little way off.
            noise[::2] = 0
        for at, name in enumerate(names):
            if kinds[name] == FLOAT:
                table[name] = (near + noise).astype(np.float32)[:, at]
    for sample in order.get("samples", []):
        add(table, sample, kinds)
    if columns:
        return table
    return {None: np.stack([table[name] for name in names], axis=1)}


def add(table, sample, kinds):
    """Puts a row that is given before those that are made."""
    for name in table:
        value = sample.get(str(name))
        if kinds[name] == FLOAT:
            value = np.float32("nan") if value is None else np.float32(value)
        elif value is None:
            return
        table[name] = np.concatenate([np.array([value], dtype=table[name].dtype), table[name]])


def column(kind, known, count, rng):
    """Values of one column."""
    if kind == TEXT and "words" in known:
        words = known["words"] + STRANGE
        return np.array([" ".join(rng.choice(words, rng.randint(1, 12))) for _ in range(count)], dtype=object)
    if "categories" in known:
        values = list(known["categories"])
        if known["strangers"]:
            values.append({TEXT: "none-of-these", INT: 987654}.get(kind, 987654.0))
        drawn = [values[at] for at in rng.randint(len(values), size=count)]
        return np.array(drawn, dtype={TEXT: object, INT: np.int64}.get(kind, np.float32))
    if kind != FLOAT:
        return np.array(["a"] * count, dtype=object) if kind == TEXT else rng.randint(0, 5, count)
    values = numbers(known, count, rng).astype(np.float32)
    if known.get("missing"):
        values[rng.rand(count) < 0.1] = np.nan
    return values


def numbers(known, count, rng):
    if "thresholds" in known and len(known["thresholds"]):
        cuts = np.asarray(known["thresholds"], dtype=np.float64)
        spread = (cuts.max() - cuts.min()) or abs(cuts[0]) or 1.0
        return rng.choice(cuts, count) + rng.standard_normal(count) * spread * 0.1
    if "range" in known:
        low, high = known["range"]
        return low + (high - low) * (rng.rand(count) * 1.2 - 0.1)
    center, scale = known.get("spread", (0.0, 1.0))
    return center + rng.standard_normal(count) * 1.5 * (scale or 1.0)


def learned(model, names):
    """What the first steps have learned of each column."""
    known = {name: {} for name in names}
    for step, read in readers(model, names):
        for at, name in enumerate(read):
            of_step(step, at, known[name])
    cuts = thresholds(chain(model)[-1])
    if cuts is not None and len(chain(model)) == 1:
        for at, name in enumerate(names):
            known[name].setdefault("thresholds", cuts.get(at, []))
            known[name].setdefault("missing", takes_missing(model))
    return known


def of_step(step, at, known):
    """What one step has learned of its column `at`."""
    get = lambda name: getattr(step, name, None)
    pick = lambda values: None if values is None else float(np.ravel(values)[at])
    if get("statistics_") is not None and np.asarray(step.statistics_).dtype.kind == "f":
        known["missing"] = True
        known.setdefault("spread", (pick(step.statistics_), abs(pick(step.statistics_)) * 0.5 or 1.0))
    if get("mean_") is not None and get("scale_") is not None and np.size(step.mean_) > at:
        known["spread"] = (pick(step.mean_), pick(step.scale_))
    elif get("center_") is not None and get("scale_") is not None:
        known["spread"] = (pick(step.center_), pick(step.scale_))
    if get("data_min_") is not None:
        known["range"] = (pick(step.data_min_), pick(step.data_max_))
    if get("max_abs_") is not None:
        known["range"] = (-pick(step.max_abs_), pick(step.max_abs_))
    if get("bin_edges_") is not None:
        edges = step.bin_edges_[at]
        known["range"] = (float(edges[0]), float(edges[-1]))
    if get("quantiles_") is not None:
        known["range"] = (float(step.quantiles_[0, at]), float(step.quantiles_[-1, at]))
    if get("lambdas_") is not None:
        known["range"] = (0.05, 5.0)
    if get("categories_") is not None and len(step.categories_) > at:
        present = [value for value in step.categories_[at].tolist() if value is not None and value == value]
        known["categories"] = present
        known["strangers"] = get("handle_unknown") in ("ignore", "use_encoded_value", "infrequent_if_exist") or get("target_type") is not None
    if get("vocabulary_") is not None:
        known["words"] = sorted(str(word) for word in step.vocabulary_)[:5000]


def kept_rows(model, width):
    """Points that the model keeps, where nothing stands before it, and whether they are rows that it
    was trained on; else they are between them."""
    step = chain(model)[0]
    rows, centres = ("_fit_X", "X_train_", "support_vectors_"), ("cluster_centers_", "means_", "subcluster_centers_")
    for name in rows + centres:
        kept = getattr(step, name, None)
        if isinstance(kept, np.ndarray) and kept.ndim == 2 and kept.shape[1] == width and len(kept):
            return kept.astype(np.float64), name in rows
    return None, False


def takes_missing(model):
    kind = type(model)
    return kind.__module__.startswith(("xgboost", "lightgbm")) or kind.__name__.startswith("HistGradient")


def thresholds(step):
    """The cuts of a model of trees, by column; `None` where it is none."""
    module = type(step).__module__
    if module.startswith("xgboost"):
        booster = step.get_booster()
        own = booster.feature_names or [f"f{at}" for at in range(booster.num_features())]
        return of_frame(booster.trees_to_dataframe(), "Split", {name: at for at, name in enumerate(own)}.get)
    if module.startswith("lightgbm"):
        booster = step if type(step).__name__ == "Booster" else step.booster_
        places = {name: at for at, name in enumerate(booster.feature_name())}
        frame = booster.trees_to_dataframe().rename(columns={"split_feature": "Feature", "threshold": "Split"})
        return of_frame(frame[frame["Feature"].notna()], "Split", places.get)
    cuts = {}
    for tree in trees(step):
        for at, cut in zip(tree.feature, tree.threshold):
            if at >= 0:
                cuts.setdefault(int(at), []).append(float(cut))
    for predictor in np.ravel(getattr(step, "_predictors", [])):
        for node in predictor.nodes:
            if not node["is_leaf"]:
                cuts.setdefault(int(node["feature_idx"]), []).append(float(node["num_threshold"]))
    cuts = {at: [cut for cut in found if np.isfinite(cut)] for at, found in cuts.items()}
    return cuts or None


def trees(step):
    if hasattr(step, "tree_"):
        return [step.tree_]
    return [one.tree_ for one in np.ravel(getattr(step, "estimators_", [])) if hasattr(one, "tree_")]


def of_frame(frame, cut, place):
    cuts = {}
    for name, value in zip(frame["Feature"], frame[cut]):
        at = place(name) if name != "Leaf" else None
        try:
            value = float(value)
        except (TypeError, ValueError):
            continue
        if at is not None and np.isfinite(value):
            cuts.setdefault(at, []).append(value)
    return cuts
