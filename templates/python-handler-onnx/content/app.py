"""Your ONNX model, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import numpy
import onnxruntime

HERE = pathlib.Path(__file__).parent
# What ONNX Runtime calls an element, to what numpy does.
ELEMENTS = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16",
    "tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(bool)": "bool", "tensor(string)": "object",
    "tensor(uint8)": "uint8", "tensor(int8)": "int8",
}
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the model's file is; beside this one where nobody says.
    path = os.environ.get("MLSHIP_MODEL", HERE / "model.onnx")
    model = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def predict(request):
    """Called for each request, with the model's inputs by name, as nested lists; the answer has its outputs
    by name.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    inputs = {port.name: numpy.array(request[port.name], ELEMENTS[port.type]) for port in model.get_inputs()}
    outputs = [port.name for port in model.get_outputs()]
    return dict(zip(outputs, model.run(outputs, inputs)))
