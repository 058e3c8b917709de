"""The conversion itself, by the exporter of torch that traces."""

import inspect
import io
import os
import re
import warnings
from dataclasses import dataclass, field

import numpy as np
import torch

from .refusal import Refusal, one_line

# The newest operator sets that are asked for; older ones follow where the exporter refuses.
OPSETS = [17, 16, 14, 13, 11]


@dataclass
class Converted:
    """ONNX bytes, the names of the outputs, and where the module's code chose by values."""

    data: bytes
    outputs: list
    chosen: list = field(default_factory=list)


class Flat(torch.nn.Module):
    """The module, with its answer as a tuple of tensors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *given):
        return tuple(tensor for _, tensor in tensors(self.model(*given)))


def whole(model):
    """What is exported: a script as it is, since it cannot be traced inside of another module."""
    return model if isinstance(model, torch.jit.ScriptModule) else Flat(model).eval()


def tensors(answer, name="output"):
    """The tensors in an answer, with a name each."""
    if isinstance(answer, torch.Tensor):
        return [(name, answer)]
    if isinstance(answer, dict):
        return [one for key, value in answer.items() for one in tensors(value, str(key))]
    if isinstance(answer, (list, tuple)):
        keys = getattr(answer, "_fields", None) or [f"{name}_{at}" if len(answer) > 1 else name for at in range(1, len(answer) + 1)]
        return [one for key, value in zip(keys, answer) for one in tensors(value, key)]
    return []


def convert(model, inputs, order, axes=("batch",)):
    """The module as ONNX, for any number of rows. `axes` are the names of the inputs' first
    dimensions that are of any length."""
    rng = np.random.RandomState(0)
    example = tuple(torch.from_numpy(one.drawn(2, rng)) for one in inputs)
    with torch.no_grad():
        found = tensors(model(*example))
    if not found:
        raise Refusal("convert", "it answers with no tensor")
    outputs = [name for name, _ in found]
    dynamic = {one.name: dict(enumerate(axes)) for one in inputs}
    dynamic.update((name, {at: axis for at, axis in enumerate(axes) if is_any(tensor, at, example)}) for name, tensor in found)
    failed = None
    wanted = order.get("opset")
    for opset in [wanted] if wanted else OPSETS:
        try:
            data, chosen = traced(whole(model), example, [one.name for one in inputs], outputs, dynamic, opset)
            return Converted(data, outputs, chosen)
        except Exception as error:
            failed = failed or error
    raise Refusal("convert", reason(failed), step=operator(failed))


def is_any(tensor, at, example):
    """Whether a dimension of an output is as long as that of the inputs."""
    return tensor.dim() > at and example[0].dim() > at and tensor.shape[at] == example[0].shape[at]


def traced(model, example, names, outputs, dynamic, opset):
    """ONNX bytes, and where the code chose by values while it was traced."""
    # Later versions have another exporter, and take that one unless told.
    more = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    buffer = io.BytesIO()
    # The layers of transformers have a shorter way for those who learn nothing, without a form in ONNX.
    if hasattr(torch.backends, "mha"):
        torch.backends.mha.set_fastpath_enabled(False)
    with warnings.catch_warnings(record=True) as told, torch.enable_grad():
        warnings.simplefilter("always")
        torch.onnx.export(model, example, buffer, opset_version=opset, input_names=names, output_names=outputs, dynamic_axes=dynamic, **more)
    return buffer.getvalue(), places(told)


def places(told):
    """Where the user's code made a Python value of a tensor, which a trace keeps as it was."""
    found = []
    for one in told:
        is_choice = issubclass(one.category, torch.jit.TracerWarning) and "Converting a tensor to a Python" in str(one.message)
        library = any(f"/{name}/" in one.filename for name in ("torch", "torchvision", "transformers", "fastai"))
        if is_choice and not library:
            found.append(f"{os.path.basename(one.filename)}:{one.lineno}")
    return sorted(set(found))


def reason(error):
    """What the exporter says, without its pages of advice."""
    name = operator(error)
    if name and "::" in name and ("support" in str(error) or "unrecognized namespace" in str(error)):
        return "torch has no form in ONNX for it"
    return one_line(error).split(" Please feel free")[0].split("[Caused by")[0]


def operator(error):
    """The operator that the exporter gave up on."""
    named = re.search(r"\b((?:aten|prim|torchvision|quantized|torch\w*)::\w+)|export of operator (\w+)", str(error))
    return named and (named.group(1) or named.group(2))
