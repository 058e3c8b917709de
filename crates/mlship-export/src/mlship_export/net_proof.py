"""Whether a torch module and its ONNX form answer alike, whatever the number of rows."""

import time

import numpy as np
import onnxruntime
import torch

from .net_onnx import tensors
from .parity import distance, opsets, packages
from .refusal import Refusal, one_line

# Rows of large inputs are fewer: so many numbers are made at most.
NUMBERS = 4_000_000

# After so long no more batches are asked than one of each size but the last.
SECONDS = 45

# Requests to the runtime have so many numbers at most.
SHOWN = 200_000

# How many rows are asked at a time, one after the other; the last goes on.
BATCHES = [1, 2, 5, 16]

# Two labels are as probable when their scores are nearer than this, in the measure of the largest.
TIE = 1e-6


class Both:
    """Both models, side by side."""

    def __init__(self, model, data):
        self.model = model
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise Refusal("parity", f"onnxruntime does not load the converted model: {one_line(error)}") from None

    def own(self, given):
        """The module's own answers."""
        with torch.no_grad():
            return [tensor.detach().numpy() for _, tensor in tensors(self.model(*[torch.from_numpy(one) for one in given]))]

    def converted(self, given):
        """Those of its ONNX form."""
        names = [one.name for one in self.session.get_inputs()]
        if len(names) != len(given):
            raise Refusal("parity", f"the converted model takes {len(names)} of the {len(given)} inputs: the others change nothing in the answer")
        try:
            return self.session.run(None, dict(zip(names, given)))
        except Exception as error:
            count = len(given[0])
            raise Refusal("parity", f"the converted model takes no {count} row{'s' * (count > 1)}, as the module keeps the number of rows it was traced with: {one_line(error)}") from None


def prove(model, converted, inputs, order):
    """The report: what was compared, and how far the answers are apart."""
    both = Both(model, converted.data)
    count, batches = answered(both, drawn(inputs, order))
    steadfast(both, *batches[-1], because(converted))
    samples = [one for given, own in batches[:3] for one in shown(inputs, converted.outputs, given, own)]
    return compared(both, converted, batches, count, order, samples)


def shown(inputs, outputs, given, own):
    """A batch as a request of tensors, with the module's own answer, for the runtime that will serve; none
    where it is too large for a request, or holds what JSON has no number for."""
    numbers = sum(one.size for one in [*given, *own])
    if numbers > SHOWN or not all(np.isfinite(as_numbers(one)).all() for one in own):
        return
    request = {one.name: listed(tensor) for one, tensor in zip(inputs, given)}
    yield {"request": request, "predict": dict(zip(outputs, map(listed, own))), "probabilities": None}


def listed(tensor):
    """Lists of the shortest numbers that give the same 32 bits."""
    if tensor.dtype.kind != "f":
        return tensor.tolist()
    flat = [float(str(one)) for one in tensor.astype(np.float32).ravel()]
    return np.array(flat).reshape(tensor.shape).tolist()


def answered(both, drawn):
    """The batches with the module's own answers, until it takes too long, and how many rows they have."""
    count, batches, start = 0, [], time.monotonic()
    for given in drawn:
        if len(batches) >= len(BATCHES) - 1 and time.monotonic() - start > SECONDS:
            break
        batches.append((given, both.own(given)))
        count += len(given[0])
    return count, batches


def compared(both, converted, batches, count, order, samples=()):
    """The report on batches of which the module's own answers are known."""
    answers = [(own, both.converted(given)) for given, own in batches]
    outputs, wrong, ties = [], None, 0
    for at, name in enumerate(converted.outputs):
        largest, differing, tied, shape = 0.0, 0, 0, None
        for own, got in answers:
            if got[at].shape != own[at].shape:
                shape = shape or f"`{name}` is of shape {list(got[at].shape)}, and of shape {list(own[at].shape)} in the module itself"
                continue
            largest = max(largest, distance(as_numbers(got[at]), as_numbers(own[at])))
            other, even = labels(got[at], own[at])
            differing, tied = differing + other, tied + even
        ties += tied
        outputs.append({"name": name, "is": "forward", "largest": largest, "differing": differing})
        wrong = wrong or shape or said(name, differing, largest, order["tolerance"], count)
    wrong = wrong and wrong + because(converted)
    notes = [f"the code chooses by values at {place}: only the way that was traced is converted" for place in converted.chosen]
    return {
        "ok": wrong is None, "stage": "parity", "reason": wrong, "step": None, "loader": order["loader"],
        "rows": count, "largest": max(one["largest"] for one in outputs), "ties": ties, "outputs": outputs,
        "opset": {one.domain or "ai.onnx": one.version for one in opsets(converted.data)},
        "packages": {"torch": torch.__version__, **packages()}, "samples": list(samples), "notes": notes,
    }


def drawn(inputs, order):
    """Batches of rows: those that are given, then made ones."""
    rng = np.random.RandomState(order["seed"])
    for sample in order.get("samples", []):
        if all(one.name in sample for one in inputs):
            yield [np.asarray(sample[one.name], dtype=np.int64 if one.kind == "int" else np.float32).reshape([1, *one.shape]) for one in inputs]
    each = max(1, sum(int(np.prod(one.shape)) for one in inputs))
    left = min(order["rows"], max(2 * sum(BATCHES[:3]), NUMBERS // each))
    at = 0
    while left > 0:
        size = min(left, BATCHES[min(at, len(BATCHES) - 1)])
        # The first batches are of one row, of two and of five.
        yield [one.drawn(size, rng, at) for one in inputs]
        at, left = at + 1, left - size


def because(converted):
    """What may be the cause of a difference."""
    places = ", ".join(converted.chosen)
    return f"; its code chooses by values, which a trace does not follow, at {places}" if places else ""


def steadfast(both, given, own, because):
    """Refuses a module whose answer changes from call to call, or by the other rows that are asked."""
    again = both.own(given)
    if any(distance(as_numbers(a), as_numbers(b)) > 1e-6 for a, b in zip(again, own)):
        raise Refusal("parity", "the module itself answers the same rows differently each time: a dropout or noise is on when it does not train")
    count = len(given[0])
    if any(one.ndim == 0 or len(one) != count for one in own):
        raise Refusal("parity", f"it does not answer row by row: {count} rows give an answer of shape {[list(one.shape) for one in own]}")
    alone = both.own([one[:1] for one in given])
    if any(distance(as_numbers(a), as_numbers(b[:1])) > 1e-4 for a, b in zip(alone, own)):
        raise Refusal("parity", f"the first dimension of its input is not the batch: a row's answer depends on the rows beside it (a layer without `batch_first=True`?){because}")


def as_numbers(answer):
    return np.asarray(answer).astype(np.float64)


def labels(got, own):
    """In how many rows the largest score is another, and in how many of them it is a tie."""
    if own.ndim != 2 or own.shape[1] < 2 or own.dtype.kind != "f":
        return 0, 0
    other = got.argmax(axis=1) != own.argmax(axis=1)
    two = np.sort(as_numbers(own), axis=1)[:, -2:]
    tied = two[:, 1] - two[:, 0] < TIE * max(1.0, np.abs(two).max())
    return int((other & ~tied).sum()), int((other & tied).sum())


def said(name, differing, largest, tolerance, rows):
    if not largest <= tolerance:
        return f"`{name}` differs by {largest:.3g}, and {tolerance:g} is allowed"
    return f"{differing} of {rows} rows get another label" if differing else None
