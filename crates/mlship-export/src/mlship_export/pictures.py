"""Learners of fastai that tell pictures apart: the net, and how it is given pictures."""

import base64
import io
import json
import math
import pickle
import sys

import numpy as np
import torch

from . import net_onnx, net_proof
from .net_inputs import Input
from .networks import write
from .prepared import prepared
from .refusal import Refusal, one_line

# The pictures that are made, as width and height. The runtime and fastai round otherwise where they cut
# a picture that is no square.
SIZES = [(64, 64), (97, 97), (33, 33), (128, 128), (150, 150), (80, 80), (96, 64), (64, 97), (200, 90), (75, 130)]

# What is taken of a probability there.
CUT = 0.05


def export(order):
    """The report on one learner; the ONNX file is written when it is the same."""
    learn = loaded(order["model"])
    labels, activation = answers(learn)
    way = prepared(learn, kind_of(learn), order)
    model = Net(learn.model.eval(), way.matrices)
    given = [Input("image", way.shape)]
    converted = net_onnx.convert(model, given, order)
    samples = shown(learn, way, labels)
    both = net_proof.Both(model, converted.data)
    count, batches = net_proof.answered(both, net_proof.drawn(given, {**order, "samples": []}))
    net_proof.steadfast(both, *batches[-1], net_proof.because(converted))
    report = net_proof.compared(both, converted, batches, count, order, samples)
    report["class"] = f"fastai {type(learn.model).__name__}"
    if report["ok"]:
        more = {"labels": json.dumps(labels, ensure_ascii=False), "mlship.activation": activation, "mlship.image": json.dumps(way.said)}
        write(converted.data, report, order, more)
    return report


class Net(torch.nn.Module):
    """The net, behind what its learner does to a whole batch."""

    def __init__(self, model, matrices):
        super().__init__()
        self.model = model.to("cpu").float()
        self.rows, self.columns = (torch.nn.Parameter(one) for one in matrices) if matrices else (None, None)

    def forward(self, image):
        if self.rows is not None:
            image = self.rows @ image @ self.columns
        return self.model(image)


def loaded(path):
    """The learner. The functions of the training script that got pictures and labels are not needed."""
    main, wanted = sys.modules["__main__"], []

    def stand_in(name):
        if name.startswith("__"):
            raise AttributeError(name)
        wanted.append(name)

        def absent(*_given, **_named):
            raise Refusal("convert", "it was defined beside the training script, and is called for each picture", step=name)

        absent.__name__ = absent.__qualname__ = name
        return absent

    main.__getattr__ = stand_in
    try:
        from fastai.learner import Learner, load_learner

        learn = load_learner(path, cpu=True)
    except ModuleNotFoundError as error:
        reason = f"it needs the module `{error.name}`, which is not in the environment"
        raise Refusal("load", reason, step=error.name) from None
    except (pickle.UnpicklingError, TypeError) as error:
        if not wanted:
            raise Refusal("load", one_line(error)) from None
        raise Refusal("convert", "a class that was defined beside the training script has no form in a manifest", step=wanted[-1]) from None
    except Exception as error:
        raise Refusal("load", one_line(error)) from None
    if not isinstance(learn, Learner):
        raise Refusal("load", f"it holds a `{type(learn).__name__}`, which is no learner")
    return learn


def kind_of(learn):
    """The class of its pictures."""
    from fastai.vision.core import PILImage

    dls = learn.dls
    lists = getattr(getattr(dls.valid, "dataset", None), "tls", None)
    if not lists:
        raise Refusal("convert", "it answers tables or what else is no picture", step=type(learn).__name__)
    types = lists[0].types or []
    kind = types[-1] if types and isinstance(types[-1], type) else None
    if dls.n_inp != 1 or kind is None or not issubclass(kind, PILImage):
        name = getattr(kind, "__name__", "a kind that is not told")
        raise Refusal("convert", f"it takes {dls.n_inp} inputs, the first of them `{name}`; only pictures have a form in a manifest", step=type(learn).__name__)
    return kind


def answers(learn):
    """Its labels, and what makes probabilities of the scores."""
    vocab = getattr(learn.dls, "vocab", None)
    if vocab is None or isinstance(vocab, (str, bytes)) or not len(vocab) or isinstance(vocab[0], (list, tuple)):
        raise Refusal("convert", "it answers no labels: its data has no list of classes", step=type(learn.loss_func).__name__)
    scores = torch.linspace(-2, 3, 4 * len(vocab)).reshape(4, -1)
    own = getattr(learn.loss_func, "activation", lambda scores: scores)(scores)
    for name, wanted in (("softmax", scores.softmax(dim=1)), ("sigmoid", scores.sigmoid())):
        if own.shape == wanted.shape and torch.allclose(own, wanted, atol=1e-6):
            return [str(label) for label in vocab], name
    raise Refusal("convert", "what it makes of scores is neither softmax nor sigmoid", step=type(learn.loss_func).__name__)


def shown(learn, way, labels):
    """Made pictures as requests, with the learner's own answers: the whole way from the file."""
    drawn = [(size, picture(at, size, way.gray)) for at, size in enumerate(SIZES)]
    try:
        items = [way.kind.create(data) for _, data in drawn]
        with learn.no_bar(), learn.no_logging():
            scores, _ = learn.get_preds(dl=learn.dls.test_dl(items, num_workers=0, bs=1))
    except Refusal:
        raise
    except Exception as error:
        raise Refusal("parity", f"the learner fails on pictures that were made for it: {one_line(error)}") from None
    found = []
    for ((width, height), data), row in zip(drawn, scores.numpy().astype(np.float64)):
        request = {"image": base64.b64encode(data).decode("ascii")}
        one = {"request": request, "predict": labels[int(row.argmax())], "probabilities": row.tolist()}
        if way.cuts and width != height:
            one["tolerance"] = CUT
        found.append(one)
    return found


def picture(at, size, gray):
    """A PNG of soft spots on a ground, another for each number."""
    from PIL import Image

    rng, (width, height) = np.random.RandomState(at), size
    y, x = np.mgrid[0:height, 0:width]
    layers = []
    for _ in range(1 if gray else 3):
        layer = np.full((height, width), rng.uniform(20, 235))
        for _ in range(3):
            far = np.hypot(x - rng.uniform(0, width), y - rng.uniform(0, height))
            layer += rng.uniform(-160, 160) * np.exp(-((far / (math.hypot(width, height) * rng.uniform(0.1, 0.3))) ** 2))
        layers.append(layer)
    samples = np.clip(np.stack(layers, axis=2), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(samples[:, :, 0] if gray else samples).save(buffer, format="PNG")
    return buffer.getvalue()
