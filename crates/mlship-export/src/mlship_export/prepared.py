"""How a learner of fastai makes a picture ready, in the words of a manifest.

Cutting, resizing and scaling to numbers are the manifest's. What is done to a whole batch of the right
size, as cutting out and resizing by the steps of augmentation, goes into the ONNX file as two matrices.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from .refusal import Refusal

# What does nothing to a picture that it is shown, or what the manifest does anyway.
PLAIN = ("ToTensor", "IntToFloatTensor", "Normalize")

# How far two matrices may be from the steps that they stand for.
NEAR = 1e-4


@dataclass
class Way:
    """The way of a picture: what the manifest says, the net's input behind it, and the matrices."""

    said: dict
    shape: list
    matrices: tuple
    kind: type
    gray: bool
    cuts: bool


def prepared(learn, kind, order):
    """The way of the pictures of this learner."""
    from fastai.vision.core import PILImageBW

    loader = learn.dls.valid
    gray = issubclass(kind, PILImageBW)
    for step in steps(loader.before_batch):
        raise Refusal("convert", "it has no form in a manifest", step=type(step).__name__)
    said, size, cuts = sized(list(steps(loader.after_item)), order, gray)
    said.update(channels="gray" if gray else "rgb", **scaled(list(steps(loader.after_batch)), 1 if gray else 3))
    matrices = batched([step for step in steps(loader.after_batch) if type(step).__name__ not in PLAIN], size)
    return Way(said, [1 if gray else 3, *size], matrices, kind, gray, cuts)


def steps(pipeline):
    """The steps that are done when nothing is learned, in their order."""
    for step in getattr(pipeline, "fs", []):
        if getattr(step, "split_idx", None) != 0 and type(step).__name__ != "noop" and getattr(step, "name", "") != "noop":
            yield step


def sized(items, order, gray):
    """What makes the picture's size, the size as height and width, and whether less is kept of one
    that is no square."""
    said, size, cuts = {}, None, False
    for step in items:
        name = type(step).__name__
        if name in PLAIN:
            continue
        if size is not None or name not in ("Resize", "RandomResizedCrop"):
            raise Refusal("convert", "as a step on a picture it has no form in a manifest", step=name)
        if int(step.mode) != 2:
            raise Refusal("convert", "it resizes by another way than bilinear, which has no form here", step=name)
        width, height = (int(edge) for edge in step.size[:2])
        size = [height, width]
        if name == "RandomResizedCrop":
            more = math.ceil(max(width, height) * step.val_xtra / 8) * 8
            said = {"resize": {"width": width + more, "height": height + more}, "crop": {"width": width, "height": height}}
        elif step.method == "squish":
            said = {"resize": {"width": width, "height": height}}
        elif step.method == "crop" and width == height:
            said, cuts = {"resize": width, "crop": width}, True
        else:
            how = "cuts to what is no square" if step.method == "crop" else "pads"
            raise Refusal("convert", f"it {how}, which has no form in a manifest; `ResizeMethod.Squish` has one", step=name)
    if size is None:
        shape = (order.get("shapes") or [[]])[0]
        if len(shape) != 3 or shape[0] != (1 if gray else 3):
            line = f"--shape {1 if gray else 3},28,28"
            raise Refusal("load", f"its pictures have the size that they have; say the one that all had, as in `{line}`")
        size = shape[1:]
        said = {"resize": {"width": size[1], "height": size[0]}}
    return said, size, cuts


def scaled(batch, channels):
    """The mean and the deviation."""
    plain = [step for step in batch if type(step).__name__ == "IntToFloatTensor"]
    if len(plain) != 1 or plain[0].div != 255.0:
        raise Refusal("convert", "a picture's numbers are not divided by 255", step="IntToFloatTensor")
    found = [step for step in batch if type(step).__name__ == "Normalize"]
    if not found:
        return {}
    if len(found) > 1 or found[0].mean is None or found[0].mean.numel() not in (1, channels):
        raise Refusal("convert", "its numbers are not one for each channel", step="Normalize")
    numbers = lambda tensor: [float(f"{float(one):.7g}") for one in tensor.float().flatten().expand(channels)]
    return {"mean": numbers(found[0].mean), "std": numbers(found[0].std)}


def batched(rest, size):
    """The steps on a batch of this size as two matrices; `None` where they change nothing."""
    from fastai.vision.core import TensorImage

    if not rest:
        return None
    name = type(rest[-1]).__name__

    def done(batch):
        found = TensorImage(batch)
        for step in rest:
            found = step(found, split_idx=1)
        return torch.as_tensor(np.asarray(found))

    rng = np.random.RandomState(0)
    sample = torch.from_numpy(rng.rand(2, 3, *size).astype(np.float32))
    try:
        wanted = done(sample)
        if wanted.shape == sample.shape and float((wanted - sample).abs().max()) < NEAR:
            return None
        # A picture with one light row tells what becomes of that row.
        rows, columns = (torch.zeros(edge, 1, *size) for edge in size)
        rows[range(size[0]), 0, range(size[0]), :] = 1
        columns[range(size[1]), 0, :, range(size[1])] = 1
        rows, columns = done(rows)[:, 0, :, 0].T.contiguous(), done(columns)[:, 0, 0, :].contiguous()
    except Exception:
        raise Refusal("convert", "as a step on a batch it has no form in ONNX", step=name) from None
    is_mean = all(float((one.sum(dim=of) - 1).abs().max()) < NEAR for one, of in ((rows, 1), (columns, 0)))
    got = rows @ sample @ columns
    if not is_mean or got.shape != wanted.shape or float((got - wanted).abs().max()) > NEAR:
        raise Refusal("convert", "as a step on a batch it has no form in ONNX", step=name)
    return rows, columns
