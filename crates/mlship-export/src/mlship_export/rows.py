"""Rows to compare two models on: those that are given, and made ones near what a model was trained on.

Where that was is told by what its first steps have learned: means, ranges, categories, neighbours, the
thresholds of trees. A request's numbers reach a model in 32 bits: what is asked is kept beside.
"""

import numpy as np

from .cuts import cuts, line
from .linear import at_border
from .parity import given
from .refusal import Refusal, one_line
from .steps import FLOAT, INT, TEXT, absent, chain, readers

# Words that no vocabulary has, and letters outside of ASCII.
STRANGE = ["zyxw", "Ünïcödé", "123", "", "end."]


def rows(model, width, columns, order):
    """What is asked: a dict of arrays, one a column; `None` is the key of the one table of floats."""
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
                table[name] = (near + noise).astype(np.float32).astype(np.float64)[:, at]
    if len(chain(model)) > 1 and takes_missing(chain(model)[-1]):
        with_missing(model, columns, table, [name for name in names if "thresholds" in known[name]], rng)
    if whole is None:
        at_border(model, names, unknown(known, kinds), table, rng)
    for sample in order.get("samples", []):
        add(table, sample, kinds)
    return in_form(columns, table, names)


def unknown(known, kinds):
    """The columns of numbers of which nothing is known."""
    return [name for name in kinds if kinds[name] == FLOAT and not known[name]]


def not_told(model, width, columns):
    """The same of a model, as people call them."""
    names = [name for name, _ in columns] if columns else list(range(width))
    kinds = dict(columns) if columns else dict.fromkeys(names, FLOAT)
    return [name if columns else f"x{name}" for name in unknown(learned(model, names), kinds)]


def in_form(columns, table, names):
    return table if columns else {None: np.stack([table[name] for name in names], axis=1)}


def in_32_bits(asked):
    """The rows as a request's numbers reach a model."""
    return {name: values.astype(np.float32) if values.dtype == np.float64 else values for name, values in asked.items()}


def with_missing(model, columns, table, names, rng):
    """Leaves numbers out where steps before a model that takes that take it too."""
    before = {name: table[name] for name in names}
    table.update((name, np.where(rng.rand(len(values)) < 0.1, np.nan, values)) for name, values in before.items())
    try:
        model.predict(given(model, columns, in_form(columns, table, list(table))))
    except Exception:
        table.update(before)


def add(table, sample, kinds):
    """Puts a row that is given before those that are made."""
    for name in table:
        value = sample.get(str(name))
        if kinds[name] == FLOAT:
            value = np.nan if value is None else float(value)
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
        return np.array(drawn, dtype={TEXT: object, INT: np.int64}.get(kind, np.float64))
    if kind != FLOAT:
        return np.array(["a"] * count, dtype=object) if kind == TEXT else rng.randint(0, 5, count)
    values = numbers(known, count, rng)
    if known.get("missing"):
        values[rng.rand(count) < 0.1] = np.nan
    return values


def numbers(known, count, rng):
    ways, is_whole = [], False
    if len(known.get("thresholds", ())):
        cuts = np.unique(known["thresholds"])
        is_whole = of_whole(cuts)
        ways.append(near_cuts(cuts, is_whole, count, rng))
    if "range" in known:
        low, high = known["range"]
        ways.append(low + (high - low) * (rng.rand(count) * 1.2 - 0.1))
    if "spread" in known or not ways:
        center, scale = known.get("spread", (0.0, 1.0))
        ways.append(center + rng.standard_normal(count) * 1.5 * (scale or 1.0))
    found = np.choose(rng.randint(len(ways), size=count), ways)
    return np.rint(found) if is_whole else found


def near_cuts(cuts, is_whole, count, rng):
    """Numbers about the cuts of trees; of whole ones those at a cut and beside it are among them."""
    spread = (cuts.max() - cuts.min()) or abs(cuts[0]) or 1.0
    chosen = rng.choice(cuts, count)
    found = chosen + rng.standard_normal(count) * spread * 0.1
    if is_whole:
        found = np.where(rng.rand(count) < 0.5, np.rint(chosen) + rng.randint(-1, 2, size=count), found)
    # Nothing, and what is of the other sign, are asked too, and some models have ways of their own there.
    other = rng.rand(count)
    return np.where(other < 0.05, 0.0, np.where(other < 0.08, -found, found))


def of_whole(cuts):
    """Whether trees of these cuts were trained on whole numbers: the cuts are such, or halfway between.
    Behind scalers they come back from 32 bits, and not quite. Of large numbers whole ones are as good
    as any."""
    largest = np.abs(cuts).max()
    return bool(largest > 2**16 or np.abs(cuts * 2 - np.rint(cuts * 2)).max() < 1e-9 + largest * 2.0**-20)


def learned(model, names):
    """What the first steps have learned of each column."""
    known = {name: {} for name in names}
    moved = set()
    for step, read in readers(model, names):
        for at, name in enumerate(read):
            # Behind a scaler the numbers are others than those that go in.
            if name not in moved:
                of_step(step, at, known[name])
        if line(step, len(read)) is not None:
            moved.update(read)
    try:
        found = cuts(model, names)
    except Exception as error:
        raise Refusal("convert", f"where its trees cut cannot be told: {one_line(error)}", step=type(chain(model)[-1]).__name__) from None
    for name, values in found.items():
        known[name]["thresholds"] = values
    if len(chain(model)) == 1 and takes_missing(chain(model)[0]):
        for name in names:
            known[name].setdefault("missing", True)
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
    elif get("mean_") is not None and get("explained_variance_") is not None and np.size(step.mean_) > at:
        known["spread"] = (pick(step.mean_), float(np.sqrt(step.components_[:, at] ** 2 @ step.explained_variance_)))
    if get("theta_") is not None and get("var_") is not None:
        known["spread"] = (float(step.theta_[:, at].mean()), float(np.sqrt(step.var_[:, at].mean() + step.theta_[:, at].var())))
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
        values = step.categories_[at].tolist()
        known["categories"] = [value for value in values if not absent(value)] + [value for value in values if absent(value)][:1]
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
