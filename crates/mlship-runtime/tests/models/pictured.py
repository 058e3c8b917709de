"""Writes networks that take pictures, and what onnxruntime answers to those in a folder.

Usage: pictured.py FOLDER, which pictures.py has filled. Writes same-1, same-3 and same-last, which
answer the tensor that they are given, seen, a small convolutional network with ten classes, and
seen.json: for each picture what the network answers to torchvision's tensor.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

root = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(21)


def save(name, nodes, taken, given, constants=()):
    port = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, name, [port("x", taken)], [port("y", given)], list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        model, folder / "model.onnx", save_as_external_data=True, location="weights.data",
        size_threshold=0,
    )
    (folder / "weights.data").touch()
    return onnxruntime.InferenceSession(folder / "model.onnx")


def weights(name, *shape):
    scale = numpy.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.5
    return numpy_helper.from_array((random.normal(0, scale, shape)).astype("float32"), name)


for name, shape in [
    ("same-1", ["n", 1, "h", "w"]), ("same-3", ["n", 3, "h", "w"]), ("same-last", ["n", "h", "w", 3]),
]:
    save(name, [helper.make_node("Relu", ["x"], ["p"]), helper.make_node("Neg", ["x"], ["m"]),
        helper.make_node("Relu", ["m"], ["q"]), helper.make_node("Sub", ["p", "q"], ["y"])], shape, shape)

seen = save(
    "seen",
    [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], dilations=[1, 1], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2", "b2"], ["c"], dilations=[1, 1], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Flatten", ["d"], ["e"]),
        helper.make_node("Gemm", ["e", "w3", "b3"], ["y"], transB=1),
    ],
    ["n", 3, 56, 56],
    ["n", 10],
    [
        weights("w1", 8, 3, 3, 3), weights("b1", 8), weights("w2", 16, 8, 3, 3), weights("b2", 16),
        weights("w3", 10, 16 * 14 * 14), weights("b3", 10),
    ],
)
answers = {}
for picture in json.loads((root / "pictures.json").read_text())["pictures"]:
    if not picture["refused"]:
        tensor = numpy.fromfile(root / f"{picture['name']}.usual.f32", "float32")
        scores = seen.run(None, {"x": tensor.reshape(1, 3, 56, 56)})[0][0].astype("float64")
        powers = numpy.exp(scores - scores.max())
        answers[picture["name"]] = (powers / powers.sum()).tolist()
(root / "seen.json").write_text(json.dumps(answers))
