"""Models whose steps compute in 64 bits before trees round to 32, as scikit-learn does. Converters
that are given numbers of 64 bits write what computes in them, but for imputers and trees: those are
mended here. Whether it is right is proven like everything else.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .steps import chain, parts


def may_be(model):
    """Whether a model may be asked in 64 bits: one with steps before it. Boosters' own converters know
    32 alone."""
    return not type(model).__module__.startswith(("xgboost", "lightgbm")) and len(chain(model)) > 1


def in_64_bits(onx, model):
    """A model that was converted for numbers of 64 bits, so that it runs with them."""
    graph, nodes = onx.graph, []
    outputs = {output.name: output.type.tensor_type for output in graph.output}
    for node in graph.node:
        if node.op_type == "Imputer":
            nodes += filled(node, graph, model)
            continue
        if node.op_type.startswith("TreeEnsemble"):
            rounded = f"{node.input[0]}_in_32_bits"
            nodes.append(helper.make_node("Cast", [node.input[0]], [rounded], to=TensorProto.FLOAT))
            node.input[0] = rounded
            for name in node.output:
                if name in outputs and outputs[name].elem_type == TensorProto.DOUBLE:
                    outputs[name].elem_type = TensorProto.FLOAT
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return onx


def filled(node, graph, model):
    """An imputer of numbers as plain operators: its own kind knows 32 bits alone."""
    said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    values = np.array(said["imputed_value_floats"], dtype=np.float64)
    for step in parts(model):
        learned = getattr(step, "statistics_", None)
        if learned is not None and learned.dtype.kind == "f" and np.array_equal(learned.astype(np.float32), values.astype(np.float32)):
            values = learned
    (given,), (out,) = node.input, node.output
    missing, value = f"{out}_is_missing", f"{out}_value"
    graph.initializer.append(numpy_helper.from_array(values, value))
    gone = said.get("replaced_value_float", float("nan"))
    if np.isnan(gone):
        found = [helper.make_node("IsNaN", [given], [missing])]
    else:
        graph.initializer.append(numpy_helper.from_array(np.array(gone, dtype=np.float64), f"{out}_stands_for"))
        found = [helper.make_node("Equal", [given, f"{out}_stands_for"], [missing])]
    return [*found, helper.make_node("Where", [missing, value, given], [out])]
