"""Models of torch: whole modules, TorchScript, and weights with the definition of their module."""

import json

import onnx

from . import net_inputs, net_load, net_onnx, net_proof


def export(order):
    """The report on one model; the ONNX file is written when it is the same."""
    model = net_load.load(order)
    inputs = net_inputs.inputs(model, order)
    converted = net_onnx.convert(model, inputs, order)
    report = net_proof.prove(model, converted, inputs, order)
    report["class"] = net_load.class_of(model)
    if report["ok"]:
        write(converted.data, report, order)
    return report


def write(data, report, order, more=None):
    """Writes the model with the proof, and what else is known of it, in its metadata."""
    onx = onnx.load_from_string(data)
    kept = {key: report[key] for key in ("class", "rows", "largest", "packages")}
    said = {"mlship.export": json.dumps({**kept, "loader": order["loader"]}, sort_keys=True), **(more or {})}
    onnx.helper.set_model_props(onx, {**{prop.key: prop.value for prop in onx.metadata_props}, **said})
    with open(order["out"], "wb") as out:
        out.write(onx.SerializeToString())
