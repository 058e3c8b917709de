"""Makes a small text model, seeded, and judges converted ones with onnxruntime.

make FOLDER            writes model.onnx, outside.onnx (weights in outside.onnx.data), old.onnx
compare ORIGINAL OTHER prints, as JSON, the operators of OTHER and how far its answers are
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

VOCABULARY, WIDTH, WIDE = 500, 64, 128


def graph(seed):
    random = np.random.default_rng(seed)
    table = random.standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
    # Columns of very different size: one scale for all of them would lose the small ones.
    spread = np.exp(random.uniform(-4, 2, WIDE)).astype(np.float32)
    weights = {
        "table": table,
        "up": random.standard_normal((WIDTH, WIDE)).astype(np.float32) * spread / 8,
        "gate": random.standard_normal((WIDTH, WIDE)).astype(np.float32) / 8,
        "down": random.standard_normal((WIDE, WIDTH)).astype(np.float32) / 16,
        "head": random.standard_normal((WIDTH, 3)).astype(np.float32),
        "shift": random.standard_normal((WIDE,)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["embedded"]),
        helper.make_node("MatMul", ["embedded", "up"], ["u"]),
        helper.make_node("Add", ["u", "shift"], ["us"]),
        helper.make_node("Tanh", ["us"], ["ut"]),
        helper.make_node("MatMul", ["embedded", "gate"], ["g"]),
        helper.make_node("Sigmoid", ["g"], ["gs"]),
        helper.make_node("Mul", ["ut", "gs"], ["gated"]),
        helper.make_node("MatMul", ["gated", "down"], ["d"]),
        helper.make_node("ReduceMean", ["d"], ["pooled"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["pooled", "head"], ["logits"]),
    ]
    return helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )


def save(path, opset, **options):
    model = helper.make_model(graph(7), opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save_model(model, path, **options)


def make(folder):
    save(folder / "model.onnx", 13)
    save(folder / "old.onnx", 10)
    save(
        folder / "outside.onnx",
        13,
        save_as_external_data=True,
        location="outside.onnx.data",
        size_threshold=1024,
    )


def answers(path):
    ids = np.random.default_rng(3).integers(0, VOCABULARY, (20, 12))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"ids": row[None]})[0] for row in ids])


def compare(original, other):
    model = onnx.load(other)
    onnx.checker.check_model(other, full_check=True)
    before, after = answers(original), answers(other)
    print(
        json.dumps(
            {
                "operators": [node.op_type for node in model.graph.node],
                "difference": float(np.abs(before - after).max() / np.abs(before).max()),
                "labels": float((before.argmax(1) == after.argmax(1)).mean()),
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        compare(sys.argv[2], sys.argv[3])
