"""Makes a ResNet-50 that tells damaged cars from whole ones, and writes it as ONNX with its samples.

    python train.py [FOLDER]

Takes torch and torchvision; no weights are downloaded. The layers keep their seeded random weights,
and the statistics between them are taken from the pictures; the last layer is fitted to what they
give. Prints how many pictures that it never saw are told right. One thread and seeded. Takes two to
three minutes of one processor, and writes 94 MB.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms

from pictures import KINDS, picture

FITTED_ON, HELD_OUT, AT_ONCE = range(320), range(1000, 1080), 16
SAMPLES = {"1": 1001, "2": 1003}

PREPARE = transforms.Compose([
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])


def batch(numbers) -> tuple[torch.Tensor, np.ndarray]:
    pairs = [picture(number) for number in numbers]
    pictures = torch.stack([PREPARE(image) for image, _ in pairs])
    return pictures, np.array([kind for _, kind in pairs])


def body(pictures: torch.Tensor) -> nn.Module:
    """A ResNet-50 without its last layer: what a block adds is kept small, so that edges and
    colours come through all sixteen of them."""
    network = torchvision.models.resnet50()
    network.fc = nn.Identity()
    for module in network.modules():
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            nn.init.constant_(module.bn3.weight, 0.2)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all that is seen
    network.train()
    with torch.no_grad():
        network(pictures)
    return network.eval()


def answers(network: nn.Module, pictures: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return np.concatenate([network(part).numpy() for part in pictures.split(AT_ONCE)])


def head(given: np.ndarray, kinds: np.ndarray) -> nn.Module:
    """The last layer, by ridge regression: a score of 4 for the right kind, -4 for the others."""
    mean, deviation = given.mean(0), given.std(0) + 1e-6
    given = ((given - mean) / deviation).astype(np.float64)
    wanted = np.eye(len(KINDS))[kinds] * 8 - 4
    weights = given.T @ np.linalg.solve(given @ given.T + 60 * np.eye(len(given)), wanted)
    layer = nn.Linear(len(mean), len(KINDS))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor((weights / deviation[:, None]).T))
        layer.bias.copy_(torch.tensor(wanted.mean(0) - (mean / deviation) @ weights))
    return layer


def export(network: nn.Module, path: Path) -> None:
    torch.onnx.export(
        network, torch.zeros(1, 3, 224, 224), str(path), opset_version=13,
        input_names=["image"], output_names=["scores"],
        dynamic_axes={"image": {0: "pictures"}, "scores": {0: "pictures"}},
    )


def write_samples(network: nn.Module, folder: Path) -> None:
    """The pictures, and what torch answers."""
    folder.mkdir(exist_ok=True)
    for name, number in SAMPLES.items():
        image, _ = picture(number)
        image.save(folder / f"{name}.jpg", "JPEG", quality=85)
        jpeg = (folder / f"{name}.jpg").read_bytes()
        prepared = PREPARE(Image.open(io.BytesIO(jpeg)))[None]
        scores = torch.softmax(torch.tensor(answers(network, prepared)[0]), 0).tolist()
        best = sorted(range(len(KINDS)), key=lambda kind: -scores[kind])[:2]
        expected = {
            "damage": KINDS[best[0]],
            "probabilities": {KINDS[kind]: round(scores[kind], 6) for kind in best},
        }
        (folder / f"{name}.expect.json").write_text(json.dumps(expected, indent=2) + "\n")


def main(folder: Path) -> None:
    torch.manual_seed(7)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    seen, kinds = batch(FITTED_ON)
    network = body(seen[:64])
    network.fc = head(answers(network, seen), kinds)

    unseen, truth = batch(HELD_OUT)
    right = (answers(network, unseen).argmax(1) == truth).mean()
    print(f"held-out accuracy {right:.3f} on {len(truth)} pictures")
    (folder / "labels.txt").write_text("".join(f"{kind}\n" for kind in KINDS))
    export(network, folder / "model.onnx")
    write_samples(network, folder / "samples")
    print(f"wrote model.onnx, labels.txt and samples to {folder}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).parent)
