"""What goes into a torch module: said by the user, or by its first layer."""

import inspect
import itertools
from dataclasses import dataclass

import numpy as np
import torch

from .refusal import Refusal, one_line

FLOAT, INT = "float", "int"

# The line that says a shape.
LINE = "say it without the batch, as in `--shape {}`"


@dataclass
class Input:
    """An input: its name, its shape without the batch, what it holds, and of numbers of a table how
    many there are."""

    name: str
    shape: list
    kind: str = FLOAT
    most: int = 0

    def drawn(self, count, rng, at=0):
        """So many rows of it; `at` picks how they are spread."""
        size = [count, *self.shape]
        if self.kind == INT:
            return rng.randint(0, self.most, size).astype(np.int64)
        spreads = [
            lambda: rng.standard_normal(size), lambda: rng.rand(*size),
            lambda: rng.standard_normal(size) * 10, lambda: rng.rand(*size) * 2 - 1,
            lambda: -np.abs(rng.standard_normal(size)), lambda: np.zeros(size),
        ]
        return spreads[at % len(spreads)]().astype(np.float32)


def inputs(model, order):
    """The inputs, of shapes that the module runs on."""
    names, least = parameters(model)
    shapes = order.get("shapes") or [told(model)]
    if not least <= len(shapes) <= len(names):
        wanted = " ".join("--shape …" for _ in range(least))
        raise Refusal("load", f"it takes {least} inputs ({', '.join(names)}): say the shape of each, as in `{wanted}`")
    found = [Input(name, list(shape)) for name, shape in zip(names, shapes)]
    tables = [module.num_embeddings for module in model.modules() if kind_of(module) == "Embedding" and hasattr(module, "num_embeddings")]
    failed = None
    for kinds in itertools.product((FLOAT, INT) if tables else (FLOAT,), repeat=len(found)):
        for one, kind in zip(found, kinds):
            one.kind, one.most = kind, min(tables, default=0)
        failed = runs(model, found)
        if failed is None:
            return found
    shown = ", ".join(str([2, *one.shape]) for one in found)
    raise Refusal("load", f"it does not run on an input of shape {shown}: {failed}; {LINE.format('3,224,224')}")


def runs(model, found):
    """Why it does not run on two rows; `None` when it does."""
    rng = np.random.RandomState(0)
    try:
        with torch.no_grad():
            model(*[torch.from_numpy(one.drawn(2, rng)) for one in found])
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return one_line(type(error)(lines[-1]) if lines and isinstance(error, RuntimeError) else error)
    return None


def parameters(model):
    """The names of what `forward` takes, and how many of them it must be given."""
    if isinstance(model, torch.jit.ScriptModule):
        taken = [(one.name, one.has_default_value()) for one in model.forward.schema.arguments[1:]]
    else:
        taken = [(one.name, one.default is not one.empty) for one in inspect.signature(model.forward).parameters.values() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    names = [name for name, _ in taken] or ["input"]
    least = sum(not optional for _, optional in taken) or 1
    # What torch calls the one input of its own containers is no name for a request.
    return (["input"] if len(names) == 1 and names[0] in ("x", "input", "input_1") else names), least


def kind_of(module):
    """The class of torch's own that a module is of; of a script, what it was made from."""
    own = [kind.__name__ for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn.modules")]
    return getattr(module, "original_name", None) or next(iter(own), "")


def told(model):
    """The shape of the one input, where the first layer with weights tells it."""
    for module in model.modules():
        kind = kind_of(module)
        if kind == "Linear" and hasattr(module, "in_features"):
            return [module.in_features]
        if kind == "BatchNorm1d":
            return [module.num_features]
        if kind == "LayerNorm":
            return list(module.normalized_shape)
        if kind in ("Conv1d", "Conv2d", "Conv3d"):
            edges = {"Conv1d": "128", "Conv2d": "224,224", "Conv3d": "16,112,112"}[kind]
            line = LINE.format(f"{module.in_channels},{edges}")
            raise Refusal("load", f"its first layer, a {kind}, takes {module.in_channels} channels and any size, so the shape of its input is not known: {line}")
        if kind in ("LSTM", "GRU", "RNN"):
            line = LINE.format(f"16,{module.input_size}")
            raise Refusal("load", f"its first layer, of type {kind}, takes steps of {module.input_size} numbers, and how many is not known: {line}")
        if kind == "Embedding":
            raise Refusal("load", f"its first layer, an Embedding, takes numbers below {module.num_embeddings}, and how many is not known: {LINE.format('16')}")
    raise Refusal("load", f"the shape of its input is not known: {LINE.format('3,224,224')}")
