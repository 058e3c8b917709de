"""Models that the converters take for others: refused by what makes them so, and what to do instead."""

import json

from .refusal import Refusal
from .steps import parts


def refuse(model):
    """Looks at the model and all that is in it."""
    for step in parts(model):
        module = type(step).__module__
        if module.startswith("lightgbm"):
            lightgbm(step)
        elif module.startswith("xgboost") and hasattr(step, "get_booster"):
            xgboost(step)


def lightgbm(step):
    booster = step if type(step).__name__ == "Booster" else getattr(step, "booster_", None)
    if booster is None:
        return
    if any(one == "Zero" for one in booster.trees_to_dataframe()["missing_type"]):
        raise Refusal(
            "convert",
            "it was trained with `zero_as_missing=True`: a 0 goes its own way through the trees, for which ONNX has "
            "no form; train it without, and give NaN for what is missing",
            step=type(step).__name__,
        )


def xgboost(step):
    told = json.loads(step.get_booster().save_config())["learner"]
    kind, learned = told["gradient_booster"].get("name"), told.get("learner_model_param", {})
    many = max(int(learned.get("num_target", "1")), int(learned.get("num_class", "0"))) > 1
    reason = None
    if kind == "gblinear":
        reason = "`booster=\"gblinear\"` has no converter to ONNX; the linear models of scikit-learn have one"
    elif kind == "dart":
        reason = "`booster=\"dart\"` has no converter to ONNX; `gbtree` has one"
    elif many and gives_several(step.get_booster()):
        reason = "trees of several numbers (`multi_strategy=\"multi_output_tree\"`) have no converter to ONNX; `one_output_per_tree` has one"
    if reason:
        raise Refusal("convert", reason, step=type(step).__name__)


def gives_several(booster):
    """Whether a leaf has several numbers. Files of xgboost's own say so of the trees alone."""
    trees = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"].get("model", {}).get("trees", [])
    return any(int(tree["tree_param"].get("size_leaf_vector", "1")) > 1 for tree in trees)
