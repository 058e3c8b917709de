"""Columns of categories: those that a booster codes by itself, which have no form in ONNX, and those of
an encoder that fails on all others."""

import re

from .refusal import Refusal
from .steps import TEXT, parts, readers

# How many of a column's categories are shown.
SHOWN = 5

# A column of more categories than this has none in its manifest.
MOST = 1000


def refuse_coded(model):
    """Refuses a model with a booster that was given categories. It turns them into numbers by an order
    of its own, and its converter to ONNX takes any number for such a code."""
    for step in parts(model):
        library = type(step).__module__.split(".")[0]
        found = {"lightgbm": of_lightgbm, "xgboost": of_xgboost}.get(library, lambda _: {})(step)
        if found:
            named = ", ".join(f"`{name}`" + shown(categories) for name, categories in found.items())
            is_one = len(found) == 1
            reason = f"its {'column' if is_one else 'columns'} {named} {'holds' if is_one else 'hold'} categories, which {library} codes by itself: there is no converter to ONNX for that"
            raise Refusal("convert", reason, step=None if step is model else type(step).__name__)


def shown(categories):
    """Some of the categories, where they are known."""
    more = ", …" if len(categories) > SHOWN else ""
    return f" ({', '.join(str(one) for one in categories[:SHOWN])}{more})" if categories else ""


def of_xgboost(step):
    """The columns of categories of a booster of xgboost, by name. What they are is not told."""
    booster = step.get_booster()
    types = booster.feature_types or []
    names = booster.feature_names or [f"f{at}" for at in range(len(types))]
    return {name: [] for name, kind in zip(names, types) if kind == "c"}


def of_lightgbm(step):
    """The columns of categories of a booster of lightgbm, by name, each with those that a table of
    pandas had; of whole numbers they are not told."""
    booster = step if type(step).__name__ == "Booster" else step.booster_
    text, names = booster.model_to_string(num_iteration=1), booster.feature_name()
    places = set()
    said = re.search(r"^\[categorical_feature: ([\d,]+)\]$", text, re.MULTILINE)
    if said:
        places.update(int(at) for at in said.group(1).split(",") if at)
    ranges = re.search(r"^feature_infos=(.*)$", text, re.MULTILINE)
    # A column of numbers has the least and the greatest there, one that is constant `none`.
    for at, said in enumerate(ranges.group(1).split(" ") if ranges else []):
        if said and said != "none" and not said.startswith("["):
            places.add(at)
    words = booster.pandas_categorical or []
    known = words if len(words) == len(places) else [[]] * len(places)
    return {names[at]: list(categories) for at, categories in zip(sorted(places), known) if at < len(names)}


def only(model, columns):
    """The texts that a column takes, by its name, where its encoder fails on every other one."""
    kinds, found = dict(columns or []), {}
    for step, read in readers(model, list(kinds)):
        if getattr(step, "handle_unknown", None) != "error":
            continue
        for name, categories in zip(read, getattr(step, "categories_", ())):
            texts = [value for value in categories.tolist() if isinstance(value, str)]
            if kinds.get(name) == TEXT and 0 < len(texts) <= MOST:
                found.setdefault(name, texts)
    return found
