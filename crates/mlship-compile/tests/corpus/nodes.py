"""The ONNX project's backend node tests of the operators named in a file, one a line."""

import sys
import warnings

import numpy as np
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from cases import Cases

warnings.filterwarnings("ignore")


def full_name(node):
    domain = node.domain if node.domain not in ("", "ai.onnx") else ""
    return f"{domain}.{node.op_type}" if domain else node.op_type


def as_array(value):
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def main(folder, names):
    claimed = set(open(names).read().split())
    cases = Cases(folder)
    for test in collect_testcases(None):
        used = {full_name(node) for node in test.model.graph.node}
        # An expanded function test has many operators; it counts when all of them are claimed.
        if not used <= claimed:
            continue
        for nth, (inputs, outputs) in enumerate(test.data_sets):
            name = f"{test.name}_{nth}"
            inputs, outputs = [as_array(v) for v in inputs], [as_array(v) for v in outputs]
            more = {"operators": sorted(used), "rtol": test.rtol, "atol": test.atol}
            kinds = [v for v in [*inputs, *outputs] if not isinstance(v, (np.ndarray, np.generic))]
            if kinds:
                cases.skip(name, skipped="sequences, maps or optional values", **more)
                continue
            try:
                cases.add(name, test.model.SerializeToString(), inputs, outputs, **more)
            except TypeError as kind:
                cases.skip(name, skipped=f"type {kind}", **more)
    cases.finish()


main(*sys.argv[1:])
