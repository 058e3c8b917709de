"""Trains a small convnet on handwritten digits with fastai, and writes it.

    python train.py [FOLDER [EPOCHS]]

Writes export.pkl, and into samples/ two pictures that were held out with what the learner answers to
them. Needs what requirements.txt names, and scikit-learn, which has the digits. Everything is seeded: the
same versions give the same model.
"""

import base64
import json
import pathlib
import sys
import tempfile

from fastai.vision.all import (
    CategoryBlock, CrossEntropyLossFlat, DataBlock, ImageBlock, Learner, Normalize, PILImageBW, RandomSplitter, Resize,
    ResizeMethod, accuracy, aug_transforms, get_image_files, nn, set_seed,
)
from PIL import Image
from sklearn.datasets import load_digits

EDGE = 28
EPOCHS = 12
# How many classes an answer names.
TOP = 3


def label(path):
    """A picture's digit is in its name."""
    return path.name[0]


def pictures_of(folder):
    """In an order that no file system changes."""
    return sorted(get_image_files(folder))


def draw(folder):
    """The digits of scikit-learn, 8 by 8 pixels of 16 grays each, as pictures."""
    digits = load_digits()
    for at, (picture, digit) in enumerate(zip(digits.images, digits.target)):
        Image.fromarray((picture * 255 / 16).round().astype("uint8")).save(folder / f"{digit}_{at:04}.png")


def net():
    """Three steps of convolution and a layer of scores."""

    def step(before, after):
        return nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()

    return nn.Sequential(*step(1, 16), *step(16, 32), *step(32, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(64, 10))


def answer(learn, picture):
    """What the service is to answer."""
    digit, _, scores = learn.predict(picture)
    most = scores.argsort(descending=True)[:TOP].tolist()
    return {"digit": str(digit), "probabilities": {learn.dls.vocab[at]: round(float(scores[at]), 6) for at in most}}


def main(out, epochs):
    set_seed(0, reproducible=True)
    with tempfile.TemporaryDirectory() as folder:
        pictures = pathlib.Path(folder)
        draw(pictures)
        block = DataBlock(
            (ImageBlock(PILImageBW), CategoryBlock), get_items=pictures_of, get_y=label,
            splitter=RandomSplitter(0.2, seed=0), item_tfms=Resize(EDGE, ResizeMethod.Squish),
            batch_tfms=[*aug_transforms(do_flip=False, max_warp=0.0, max_lighting=0.0), Normalize.from_stats([0.3], [0.35], cuda=False)],
        )
        loaders = block.dataloaders(pictures, bs=64, num_workers=0)
        learn = Learner(loaders, net(), loss_func=CrossEntropyLossFlat(), metrics=accuracy, path=out)
        with learn.no_bar():
            learn.fit_one_cycle(epochs, 1e-2)
            right = learn.validate()[1]
        print(f"{right:.1%} of {len(loaders.valid_ds)} pictures that were held out are told right")
        learn.export("export.pkl")
        samples = out / "samples"
        samples.mkdir(exist_ok=True)
        for at, item in enumerate(loaders.valid_ds.items[:2], 1):
            picture = PILImageBW.create(item)
            picture.save(samples / f"{at}.png")
            data = base64.b64encode((samples / f"{at}.png").read_bytes()).decode("ascii")
            (samples / f"{at}.json").write_text(json.dumps({"image": data}) + "\n", encoding="utf-8")
            with learn.no_bar():
                expected = answer(learn, picture)
            (samples / f"{at}.expect.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {out / 'export.pkl'} and the samples")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    main(folder.resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else EPOCHS)
