"""Makes the learners of the tests in the folder that is named: small nets with weights from a seed,
and fastai's own ways of making pictures ready for them."""

import pathlib
import sys
import warnings

import numpy as np
import torch
from fastai.tabular.all import Categorify, TabularDataLoaders, range_of, tabular_learner
from fastai.vision.all import (
    BCEWithLogitsLossFlat, CategoryBlock, CrossEntropyLossFlat, DataBlock, ImageBlock, Learner, MultiCategoryBlock,
    Normalize, PILImage, PILImageBW, RandomResizedCrop, RegressionBlock, Resize, ResizeMethod, Transform, aug_transforms,
    imagenet_stats, nn,
)
from PIL import Image

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(sys.argv[1])
PICTURES = FOLDER / "pictures"
LABELS = ["circle", "cross", "square"]


def draw():
    rng = np.random.RandomState(0)
    PICTURES.mkdir()
    for at in range(12):
        Image.fromarray(rng.randint(0, 255, (48, 40, 3), dtype=np.uint8)).save(PICTURES / f"{LABELS[at % 3]}_{at}.png")


def label(path):
    return path.name.split("_")[0]


def labels(path):
    return [label(path)] if "circle" in path.name else [label(path), "drawn"]


def number(path):
    return float(len(path.name))


def net(channels, answers, pool=1):
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(channels, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(), nn.AdaptiveAvgPool2d(pool), nn.Flatten(), nn.Linear(16 * pool * pool, answers),
    )
    made[-1].weight.data.mul_(20.0)
    return made


class Darker(Transform):
    """A step of the user's own."""

    order = 20

    def encodes(self, x: torch.Tensor):
        return x * 0.5


def learner(name, items, batches, kind=PILImage, block=CategoryBlock, get=label, loss=None, answers=3, pool=1):
    """A learner as it is exported."""
    channels = 1 if kind is PILImageBW else 3
    paths = sorted(PICTURES.glob("*.png"))
    block = DataBlock((ImageBlock(kind), block), get_items=lambda _: paths, get_y=get, item_tfms=items, batch_tfms=batches)
    dls = block.dataloaders(PICTURES, bs=4, num_workers=0)
    learn = Learner(dls, net(channels, answers, pool), loss_func=loss or CrossEntropyLossFlat(), path=FOLDER)
    learn.dls.train_ds.items = []
    block.get_items = None
    learn.export(name)


def table(name):
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3, 4] * 4, "b": ["x", "y"] * 8, "c": ["p", "q", "q", "p"] * 4})
    dls = TabularDataLoaders.from_df(frame, y_names="c", cat_names=["b"], cont_names=["a"], procs=[Categorify], valid_idx=range_of(frame)[:4], bs=4, path=FOLDER)
    tabular_learner(dls, layers=[4]).export(FOLDER / name)


draw()
imagenet = Normalize.from_stats(*imagenet_stats, cuda=False)
learner("squish.pkl", Resize(32, ResizeMethod.Squish), [*aug_transforms(), imagenet])
learner("crop.pkl", Resize(32), None)
learner("wide.pkl", Resize((24, 40), ResizeMethod.Squish), imagenet)
learner("cut.pkl", RandomResizedCrop(32, min_scale=0.5), imagenet)
learner("book.pkl", Resize(64), [*aug_transforms(size=40, min_scale=0.75), imagenet])
learner("warped.pkl", Resize(60, ResizeMethod.Squish), [*aug_transforms(size=24), imagenet])
learner("gray.pkl", Resize(28, ResizeMethod.Squish), Normalize.from_stats([0.2], [0.3], cuda=False), kind=PILImageBW)
learner("several.pkl", Resize(32, ResizeMethod.Squish), None, block=MultiCategoryBlock, get=labels, loss=BCEWithLogitsLossFlat(), answers=4)
learner("any_size.pkl", None, None)
learner("pooled.pkl", Resize(32, ResizeMethod.Squish), None, pool=2)
learner("padded.pkl", Resize(32, ResizeMethod.Pad), None)
learner("own_step.pkl", Resize(32, ResizeMethod.Squish), [Darker()])
learner("number.pkl", Resize(32, ResizeMethod.Squish), None, block=RegressionBlock, get=number, loss=nn.MSELoss(), answers=1)
table("table.pkl")
