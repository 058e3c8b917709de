"""Writes model.onnx, a ResNet-50 that tells damaged cars from whole ones, and the samples.

Takes torch and torchvision; no weights are downloaded. The layers keep their seeded random
weights, whose statistics are taken from the pictures; the last one is fitted to what they give.
Runs for about two minutes and writes 94 MB.
"""

import base64
import io
import json
import pathlib

import numpy as np
import torch
import torchvision
from torchvision import transforms

from pictures import KINDS, picture

HERE = pathlib.Path(__file__).parent

PREPARE = transforms.Compose([
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])


def batch(numbers):
    pairs = [picture(number) for number in numbers]
    pictures = torch.stack([PREPARE(image) for image, _ in pairs])
    return pictures, np.array([kind for _, kind in pairs])


def features(network, pictures):
    with torch.no_grad():
        return np.concatenate([network(part).numpy() for part in pictures.split(16)])


def main():
    torch.manual_seed(7)
    torch.use_deterministic_algorithms(True)
    network = torchvision.models.resnet50()
    network.fc = torch.nn.Identity()
    seen, kinds = batch(range(240))

    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the mean over all that is seen
    network.train()
    with torch.no_grad():
        network(seen[:64])
    network.eval()

    given = features(network, seen)
    mean, deviation = given.mean(0), given.std(0) + 1e-6
    given = (given - mean) / deviation
    wanted = np.eye(len(KINDS))[kinds] * 8 - 4
    weights = given.T @ np.linalg.solve(given @ given.T + 60 * np.eye(len(given)), wanted)
    head = torch.nn.Linear(len(mean), len(KINDS))
    with torch.no_grad():
        head.weight.copy_(torch.tensor((weights / deviation[:, None]).T))
        head.bias.copy_(torch.tensor(-(mean / deviation) @ weights))
    network.fc = head

    unseen, truth = batch(range(1000, 1080))
    right = (features(network, unseen).argmax(1) == truth).mean()
    print(f"{right:.0%} of 80 pictures that it had not seen are told right")
    torch.onnx.export(
        network, unseen[:1], HERE / "model.onnx", opset_version=13,
        input_names=["image"], output_names=["scores"],
        dynamic_axes={"image": {0: "pictures"}, "scores": {0: "pictures"}},
    )
    write_samples()


def write_samples():
    folder = HERE / "samples"
    folder.mkdir(exist_ok=True)
    for name, number in [("1", 1001), ("2", 1003)]:
        image, _ = picture(number)
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=90)
        (folder / f"{name}.jpg").write_bytes(jpeg.getvalue())
        request = {"image": base64.b64encode(jpeg.getvalue()).decode()}
        (folder / f"{name}.json").write_text(json.dumps(request) + "\n")


if __name__ == "__main__":
    main()
