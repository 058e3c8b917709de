"""From a file to a model in memory. What a pickle holds runs here."""

import importlib

from .refusal import Refusal, one_line


def load(order):
    """The model that the order names."""
    loaders = {"joblib": joblib, "xgboost": xgboost, "lightgbm": lightgbm}
    try:
        return loaders[order["loader"]](order["model"])
    except ModuleNotFoundError as error:
        reason = f"it needs the module `{error.name}`, which is not in the environment"
        raise Refusal("load", reason, step=error.name) from None
    except AttributeError as error:
        reason = f"{one_line(error)}; what was defined beside the training script is not here"
        raise Refusal("load", reason) from None
    except Refusal:
        raise
    except Exception as error:
        raise Refusal("load", one_line(error)) from None


def joblib(path):
    """A pickle, joblib's or a plain one."""
    model = importlib.import_module("joblib").load(path)
    if isinstance(model, dict):
        models = [value for value in model.values() if is_model(value)]
        if len(models) != 1:
            found = ", ".join(f"`{key}`: {type(value).__name__}" for key, value in model.items())
            raise Refusal("load", f"it is a dict with {len(models)} models in it ({found[:200]}); save the model alone")
        model = models[0]
    if type(model).__module__.startswith("lightgbm") and type(model).__name__ == "Booster":
        return model
    if type(model).__module__.startswith("xgboost") and type(model).__name__ == "Booster":
        return wrapped(model)
    if not is_model(model):
        kind = type(model)
        raise Refusal("load", f"it holds a `{kind.__module__}.{kind.__qualname__}`, which is no model: it has neither `predict` nor `transform`")
    return model


def is_model(value):
    return any(callable(getattr(value, name, None)) for name in ("predict", "transform"))


def xgboost(path):
    """A file of xgboost's own."""
    booster = importlib.import_module("xgboost").Booster()
    booster.load_model(path)
    return wrapped(booster)


def wrapped(booster):
    """The scikit-learn face of a booster, which tells labels from numbers by the objective."""
    import json

    import xgboost as xgb

    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    is_classifier = objective in ("binary:logistic", "multi:softprob", "multi:softmax")
    if objective.startswith(("rank:", "survival:")) or objective == "binary:hinge":
        raise Refusal("load", f"its objective `{objective}` has no form in ONNX")
    model = xgb.XGBClassifier() if is_classifier else xgb.XGBRegressor()
    model.load_model(bytearray(booster.save_raw("json")))
    if objective == "binary:logitraw":
        raise Refusal("load", "its objective `binary:logitraw` has no form in ONNX")
    return model


def lightgbm(path):
    """A file of lightgbm's own."""
    return importlib.import_module("lightgbm").Booster(model_file=path)
