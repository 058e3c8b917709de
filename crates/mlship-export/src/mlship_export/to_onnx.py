"""The conversion itself, by the converters of each library."""

import contextlib
import json
import re

import numpy as np
import onnx
from onnx import helper

from .refusal import Refusal, one_line
from .steps import FLOAT, INT, TEXT, chain, parts
from .wide import in_64_bits

# The newest operator sets that are asked for; older ones follow where a converter refuses.
OPSETS = [{"": 18, "ai.onnx.ml": 3}, {"": 15, "ai.onnx.ml": 3}, {"": 15, "ai.onnx.ml": 2}, {"": 12, "ai.onnx.ml": 1}]


def convert(model, columns, table, order, wide=False):
    """The model as ONNX bytes; `wide` takes numbers in 64 bits."""
    truths_as_integers()
    for step in parts(model):
        if hasattr(step, "flatten_transform"):
            # The form of what `transform` gives, which is not exported.
            step.flatten_transform = False
        if isinstance(getattr(step, "weights", None), list):
            # The converter of votes computes with them.
            step.weights = np.array(step.weights)
    module = type(model).__module__
    wanted = order.get("opset")
    sets = [{"": wanted, "ai.onnx.ml": 3}] if wanted else OPSETS
    failed = None
    for opset in sets:
        try:
            with numbered(model):
                if module.startswith(("xgboost", "lightgbm")):
                    onx = boosted(model, columns, table, opset)
                else:
                    onx = sklearn(model, columns, table, opset, wide)
            return anywhere(onx).SerializeToString()
        except Exception as error:
            failed = failed or error
    raise Refusal("convert", reason(failed), step=culprit(failed))


def reason(error):
    """What a converter says, without its pages of advice."""
    text = str(error)
    if "Unable to find a shape calculator" in text or "Unable to find a converter" in text:
        return "there is no converter to ONNX for it"
    return one_line(text.split(" You may raise an issue")[0].split(". This usually")[0])


def culprit(error):
    """The step of the model whose converter gave up."""
    found, trace = None, error.__traceback__
    while trace is not None:
        operator = trace.tb_frame.f_locals.get("operator") or trace.tb_frame.f_locals.get("op")
        step = getattr(operator, "raw_operator", None) or trace.tb_frame.f_locals.get("raw_operator")
        if step is not None and hasattr(step, "fit"):
            found = type(step).__name__
        trace = trace.tb_next
    named = re.search(r"for type '[^']*?([A-Za-z0-9_]+)'", str(error))
    return found or (named.group(1) if named else None)


def sklearn(model, columns, table, opset, wide):
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    register_boosters()
    floats = DoubleTensorType if wide else FloatTensorType
    kinds = {FLOAT: floats, INT: Int64TensorType, TEXT: StringTensorType}
    if columns is None:
        types = [("input", floats([None, table[None].shape[1]]))]
    else:
        types = [(name, kinds[kind]([None, 1])) for name, kind in columns]
    options = {id(model): {"zipmap": False}} if is_classifier(model) else None
    done = (lambda onx: in_64_bits(onx, model)) if wide else lambda onx: onx
    try:
        return done(convert_sklearn(model, initial_types=types, options=options, target_opset=opset))
    except (NameError, KeyError, ValueError) as error:
        # Some classifiers' converters have no such option, and give tables anyway.
        if options is None or "zipmap" not in str(error):
            raise
        return done(convert_sklearn(model, initial_types=types, target_opset=opset))


def is_classifier(model):
    from sklearn.base import is_classifier

    return is_classifier(model) or hasattr(chain(model)[-1], "classes_")


def boosted(model, columns, table, opset):
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    width = len(columns) if columns else table[None].shape[1]
    types = [("input", FloatTensorType([None, width]))]
    # Its converters say nothing of the set of ai.onnx.ml.
    if type(model).__module__.startswith("lightgbm"):
        return convert_lightgbm(model, initial_types=types, target_opset=min(opset[""], 15), zipmap=False)
    return convert_xgboost(model, initial_types=types, target_opset=min(opset[""], 15))


@contextlib.contextmanager
def numbered(model):
    """While it lasts, the columns of xgboost's boosters have the names that their converter takes: `f0`
    and so on. After it they have their own, by which they know the rows that they are asked."""
    boosters = [step.get_booster() for step in parts(model) if type(step).__module__.startswith("xgboost")]
    names = [booster.feature_names for booster in boosters]
    for booster in boosters:
        booster.feature_names = [f"f{at}" for at in range(booster.num_features())]
    try:
        yield
    finally:
        for booster, own in zip(boosters, names):
            booster.feature_names = own


def register_boosters():
    """Teaches the converter of pipelines the boosters that are here."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes as labels,
        calculate_linear_regressor_output_shapes as numbers,
    )

    classes = {"zipmap": [True, False, "columns"], "nocl": [True, False], "raw_scores": [True, False]}
    try:
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as by
        from lightgbm import LGBMClassifier, LGBMRegressor

        update_registered_converter(LGBMClassifier, "LightGbmLGBMClassifier", labels, by, options=classes)
        update_registered_converter(LGBMRegressor, "LightGbmLGBMRegressor", numbers, by, options={"split": None})
    except ImportError:
        pass
    try:
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as by
        from xgboost import XGBClassifier, XGBRegressor

        update_registered_converter(XGBClassifier, "XGBoostXGBClassifier", labels, by, options=classes)
        update_registered_converter(XGBRegressor, "XGBoostXGBRegressor", numbers, by)
    except ImportError:
        pass


def truths_as_integers():
    """The converter of histogram boosting gives truth values where onnx takes integers."""
    plain = helper.make_attribute
    if getattr(plain, "takes_truths", False):
        return

    def make_attribute(key, value, *more, **named):
        if isinstance(value, (list, tuple)) and any(isinstance(one, (bool, np.bool_)) for one in value):
            value = [int(one) for one in value]
        return plain(key, value, *more, **named)

    make_attribute.takes_truths = True
    helper.make_attribute = make_attribute


def anywhere(onx):
    """The same model, which takes any number of rows, and asks for no country's language: small images
    have none installed."""
    for value in [*onx.graph.input, *onx.graph.output]:
        dims = value.type.tensor_type.shape.dim
        if len(dims) and not dims[0].dim_value:
            dims[0].dim_param = "batch"
    for node in onx.graph.node:
        for attribute in node.attribute:
            if node.op_type == "StringNormalizer" and attribute.name == "locale":
                attribute.s = b"C.UTF-8"
        if node.op_type == "StringNormalizer" and not any(one.name == "locale" for one in node.attribute):
            node.attribute.append(helper.make_attribute("locale", "C.UTF-8"))
    return onx


def signed(data, model, columns, proof, only):
    """The model with what is known of it in its metadata: the names of its columns, the texts that some
    of them take `only`, and the proof."""
    onx = onnx.load_from_string(data)
    said = {"mlship.export": json.dumps({key: proof[key] for key in ("loader", "class", "rows", "largest", "packages")}, sort_keys=True)}
    if columns and len(onx.graph.input) == 1:
        said["columns"] = json.dumps([name for name, _ in columns])
    if only:
        said["mlship.categories"] = json.dumps(only)
    helper.set_model_props(onx, {**{prop.key: prop.value for prop in onx.metadata_props}, **said})
    return onx.SerializeToString()
