"""Writes networks small enough to check by hand. Usage: tiny.py FOLDER"""

import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def constant(name, values, dtype="float32"):
    return numpy_helper.from_array(numpy.asarray(values, dtype=dtype), name)


def port(name, element, shape):
    return helper.make_tensor_value_info(name, element, shape)


def save(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 15)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        model,
        folder / "model.onnx",
        save_as_external_data=True,
        location="weights.data",
        size_threshold=0,
    )


root = pathlib.Path(sys.argv[1])
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
DOUBLE, SHORT, TEXT = TensorProto.DOUBLE, TensorProto.INT32, TensorProto.STRING

# y = (a + 10 b, b + 100 c): each number of the answer shows which inputs it came from.
save(
    "linear",
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    [port("x", FLOAT, ["n", 3])],
    [port("y", FLOAT, ["n", 2])],
    [constant("w", [[1, 0], [10, 1], [0, 100]])],
)
# The mean of the embeddings of any number of words out of four.
save(
    "words",
    [
        helper.make_node("Gather", ["table", "ids"], ["embedded"]),
        helper.make_node("ReduceMean", ["embedded"], ["y"], axes=[1], keepdims=0),
    ],
    [port("ids", INT, ["n", "length"])],
    [port("y", FLOAT, ["n", 2])],
    [constant("table", [[0, 1], [2, 3], [4, 5], [6, 7]])],
)
# One image at a time, and a choice beside it.
save(
    "fixed",
    [
        helper.make_node("Relu", ["image"], ["y"]),
        helper.make_node("Greater", ["image", "zero"], ["positive"]),
    ],
    [port("image", FLOAT, [1, 2, 2])],
    [port("y", FLOAT, [1, 2, 2]), port("positive", BOOL, [1, 2, 2])],
    [constant("zero", 0)],
)
# How much of each colour a picture has.
save(
    "colours",
    [
        helper.make_node("GlobalAveragePool", ["pixels"], ["means"]),
        helper.make_node("Flatten", ["means"], ["y"]),
    ],
    [port("pixels", FLOAT, ["n", 3, "height", "width"])],
    [port("y", FLOAT, ["n", 3])],
    [],
)
# 1/x and its logarithm: not finite at zero and below.
save(
    "infinite",
    [helper.make_node("Reciprocal", ["x"], ["r"]), helper.make_node("Log", ["x"], ["l"])],
    [port("x", FLOAT, ["n"])],
    [port("r", FLOAT, ["n"]), port("l", FLOAT, ["n"])],
    [],
)
# Squares a matrix as often as it is told: takes as long as a test wants it to.
body = helper.make_graph(
    [
        helper.make_node("Identity", ["go"], ["go_on"]),
        helper.make_node("MatMul", ["m", "m"], ["m2"]),
        helper.make_node("Tanh", ["m2"], ["m3"]),
    ],
    "body",
    [port("i", INT, []), port("go", BOOL, []), port("m", FLOAT, [64, 64])],
    [port("go_on", BOOL, []), port("m3", FLOAT, [64, 64])],
)
save(
    "slow",
    [
        helper.make_node("Reshape", ["times", "scalar"], ["count"]),
        helper.make_node("Loop", ["count", "go", "start"], ["end"], body=body),
        helper.make_node("ReduceSum", ["end"], ["sum"], keepdims=0),
        helper.make_node("Reshape", ["sum", "one"], ["y"]),
    ],
    [port("times", INT, [1])],
    [port("y", FLOAT, [1])],
    [
        constant("start", numpy.eye(64) * 0.5),
        constant("go", True, "bool"),
        constant("scalar", numpy.zeros(0), "int64"),
        constant("one", [1], "int64"),
    ],
)
# A state for each of any number of tokens, out of eight, and the sum of those that are no padding.
save(
    "tokens",
    [
        helper.make_node("Gather", ["table", "ids"], ["words"]),
        helper.make_node("Cast", ["types"], ["types_f"], to=FLOAT),
        helper.make_node("Unsqueeze", ["types_f", "last"], ["types_3"]),
        helper.make_node("Add", ["words", "types_3"], ["states"]),
        helper.make_node("Cast", ["mask"], ["mask_f"], to=FLOAT),
        helper.make_node("Unsqueeze", ["mask_f", "last"], ["mask_3"]),
        helper.make_node("Mul", ["states", "mask_3"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "middle"], ["sum"], keepdims=0),
    ],
    [port(name, INT, ["n", "length"]) for name in ("ids", "mask", "types")],
    [port("states", FLOAT, ["n", "length", 2]), port("sum", FLOAT, ["n", 2])],
    [
        constant("table", [[row, 4] for row in range(8)]),
        constant("last", [2], "int64"),
        constant("middle", [1], "int64"),
    ],
)
# A tensor of each type, in and out: numbers twice, the whole ones together, truth reversed.
EACH = {"f": FLOAT, "d": DOUBLE, "i": SHORT, "l": INT, "b": BOOL, "s": TEXT}
save(
    "types",
    [
        helper.make_node("Add", ["f", "f"], ["f2"]),
        helper.make_node("Add", ["d", "d"], ["d2"]),
        helper.make_node("Add", ["i", "i"], ["i2"]),
        helper.make_node("Cast", ["i"], ["i_l"], to=INT),
        helper.make_node("Add", ["l", "i_l"], ["l2"]),
        helper.make_node("Not", ["b"], ["b2"]),
        helper.make_node("Identity", ["s"], ["s2"]),
    ],
    [port(name, element, ["n", 2]) for name, element in EACH.items()],
    [port(f"{name}2", element, ["n", 2]) for name, element in EACH.items()],
    [],
)
