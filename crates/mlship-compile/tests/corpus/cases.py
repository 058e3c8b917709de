"""Writes models with inputs and expected outputs where the Rust tests read them."""

import json
import pathlib
import sys

import numpy as np

DTYPES = {"float32", "float64", "int32", "int64", "bool"}


class Cases:
    """A folder of cases and its index, cases.json."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.index = []

    def add(self, name, model, inputs, outputs, **more):
        (self.folder / f"{name}.onnx").write_bytes(model)
        case = {
            "name": name,
            "inputs": [self._tensor(f"{name}.in{i}", v) for i, v in enumerate(inputs)],
            "outputs": [self._tensor(f"{name}.out{i}", v) for i, v in enumerate(outputs)],
        }
        self.index.append({**case, **more})

    def skip(self, name, **more):
        self.index.append({"name": name, **more})

    def finish(self):
        (self.folder / "cases.json").write_text(json.dumps(self.index))

    def _tensor(self, name, value):
        value = np.asarray(value)
        path = self.folder / name
        if value.dtype.kind in "OUST":
            path.write_text(json.dumps([as_text(v) for v in value.ravel().tolist()]))
            dtype = "string"
        else:
            dtype = value.dtype.name
            if dtype not in DTYPES:
                raise TypeError(dtype)
            path.write_bytes(np.ascontiguousarray(value).tobytes())
        return {"file": name, "dtype": dtype, "shape": list(value.shape)}


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def reference(model, feeds):
    """What onnxruntime answers, one thread, so that sums are in one order."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    answers = session.run(None, feeds)
    # ZipMap gives a list of maps; the scores are its values, in the order of its labels.
    order = {o.name: i for i, o in enumerate(session.get_outputs())}
    assert len(order) == len(answers)
    flat = []
    for answer in answers:
        if isinstance(answer, list) and answer and isinstance(answer[0], dict):
            answer = np.array([list(row.values()) for row in answer], dtype=np.float32)
        flat.append(answer)
    return flat


def fail(message):
    print(message, file=sys.stderr)
    raise SystemExit(1)
