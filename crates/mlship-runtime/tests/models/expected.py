"""Answers inputs.json of each folder with onnxruntime. Usage: expected.py ROOT"""

import json
import pathlib
import sys

import numpy
import onnxruntime

DTYPES = {"tensor(float)": "float32", "tensor(int64)": "int64"}

for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    session = onnxruntime.InferenceSession(
        folder / "whole.onnx", providers=["CPUExecutionProvider"]
    )
    with open(folder / "inputs.json") as file:
        given = json.load(file)
    ports = session.get_inputs()
    inputs = {p.name: numpy.array(given[p.name], dtype=DTYPES[p.type]) for p in ports}
    (output,) = session.run(None, inputs)
    with open(folder / "expected.json", "w") as file:
        json.dump(output.tolist(), file)
