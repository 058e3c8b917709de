"""Small ONNX models and what onnxruntime answers: `conv` (every engine has it), `hardmax` (an operator
that rten lacks), `kinds` (a tensor of each element type, given back). python engines.py FOLDER
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

top = pathlib.Path(sys.argv[1])
seeded = numpy.random.default_rng(6)


def write(name, nodes, inputs, outputs, weights, given):
    """The model, its request and the answer to it."""
    values = [[helper.make_tensor_value_info(*port) for port in ports] for ports in (inputs, outputs)]
    weights = [onnx.numpy_helper.from_array(value, key) for key, value in weights.items()]
    graph = helper.make_graph(nodes, name, *values, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    folder = top / name
    folder.mkdir(parents=True)
    onnx.save_model(
        model, folder / "model.onnx", save_as_external_data=True, location="weights.data", size_threshold=64
    )
    (folder / "weights.data").touch()
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    answer = zip([port[0] for port in outputs], session.run(None, given))
    (folder / "request.json").write_text(json.dumps({key: value.tolist() for key, value in given.items()}))
    (folder / "expected.json").write_text(json.dumps({key: value.tolist() for key, value in answer}))


def floats(*shape):
    return seeded.standard_normal(shape).astype(numpy.float32)


F32 = TensorProto.FLOAT
write(
    "conv",
    [
        helper.make_node("Conv", ["x", "w", "b"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Conv", ["r", "v"], ["c"], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Softmax", ["f"], ["y"], axis=1),
    ],
    [("x", F32, ["N", 3, 16, 16])],
    [("y", F32, ["N", 10])],
    {"w": floats(8, 3, 3, 3), "b": floats(8), "v": floats(10, 8, 3, 3)},
    {"x": floats(2, 3, 16, 16).round(3)},
)
write(
    "hardmax",
    [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Hardmax", ["z"], ["y"], axis=1)],
    [("x", F32, ["N", 4])],
    [("y", F32, ["N", 5])],
    {"w": floats(4, 5)},
    {"x": floats(3, 4).round(3)},
)
kinds = {
    "f32": (F32, numpy.float32, [1.5, -2.25]),
    "f64": (TensorProto.DOUBLE, numpy.float64, [1e300, 0.1]),
    "i32": (TensorProto.INT32, numpy.int32, [-7, 2147483647]),
    "i64": (TensorProto.INT64, numpy.int64, [9007199254740993, -1]),
    "bool": (TensorProto.BOOL, numpy.bool_, [True, False]),
    "string": (TensorProto.STRING, numpy.object_, ["caf\u00e9", ""]),
}
write(
    "kinds",
    [helper.make_node("Identity", [name], [name + "_out"]) for name in kinds],
    [(name, kind, ["N"]) for name, (kind, _, _) in kinds.items()],
    [(name + "_out", kind, ["N"]) for name, (kind, _, _) in kinds.items()],
    {},
    {name: numpy.array(values, dtype=dtype) for name, (_, dtype, values) in kinds.items()},
)
