"""Peak memory and time of `mlship package` for a model of 3 GB, as a zip and as an image.

    .tools/venv/bin/python benches/package_memory.py [--mlship target/debug/mlship] [--gb 3]

The weights are random and seeded, in a file beside the graph, as exporters write models above
2 GB. The peak is `VmHWM` of the tool's own process; the runtime that proves the sample is another.
It takes disk of four times the model, under target/bench, and removes it.
"""

import argparse
import json
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 8192
EACH = 4 * WIDTH * WIDTH  # 268 MB


def make(folder, layers):
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    nodes, tensors, offset = [], [], 0
    with open(folder / "model.onnx.data", "wb") as data:
        for layer in range(layers):
            for _ in range(16):
                piece = random.standard_normal(EACH // 64, dtype=np.float32)
                data.write((piece / WIDTH).tobytes())
            tensor = TensorProto(name=f"w{layer}", data_type=TensorProto.FLOAT)
            tensor.dims.extend([WIDTH, WIDTH])
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in [
                ("location", "model.onnx.data"),
                ("offset", str(offset)),
                ("length", str(EACH)),
            ]:
                tensor.external_data.add(key=key, value=value)
            tensors.append(tensor)
            nodes.append(helper.make_node("MatMul", [f"x{layer}", f"w{layer}"], [f"x{layer + 1}"]))
            offset += EACH
    vector = ["batch", WIDTH]
    graph = helper.make_graph(
        nodes,
        "wide",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, vector)],
        [helper.make_tensor_value_info(f"x{layers}", TensorProto.FLOAT, vector)],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "samples").mkdir()
    (folder / "samples/1.json").write_text(json.dumps({"x0": [[1.0] * WIDTH]}))
    (folder / "mlship.yaml").write_text(
        "version: 1\nname: wide\nmodel: {path: model.onnx}\ninput: {tensor: {}}\n"
        "output: {tensor: {}}\nsamples: [{request: samples/1.json}]\n"
        "resources: {memory-mb: 8192, timeout-s: 600}\n"
    )
    return offset


def peak_mb(process):
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            break
        lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
        if lines:
            peak = max(peak, int(lines[0].split()[1]) / 1000)
        time.sleep(0.02)
    return peak


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mlship", type=Path, default=ROOT / "target/debug/mlship")
    arguments.add_argument("--gb", type=float, default=3.0)
    arguments = arguments.parse_args()
    folder = ROOT / "target/bench/wide"
    shutil.rmtree(folder, ignore_errors=True)
    size = make(folder, round(arguments.gb * 1e9 / EACH))
    print(f"model: {size / 1e9:.2f} GB")
    try:
        for form in ["image", "zip"]:
            begin = time.monotonic()
            command = [arguments.mlship.resolve(), "package", "--format", form, "--quiet"]
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
            peak = peak_mb(process)
            status = process.wait()
            assert status == 0, f"package --format {form} ended with {status}"
            print(f"{form}: peak {peak:.0f} MB, {time.monotonic() - begin:.1f} s wall")
            shutil.rmtree(folder / ".mlship")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
