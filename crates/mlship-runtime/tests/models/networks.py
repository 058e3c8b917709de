"""Makes networks and 200 examples for each. Usage: networks.py DIGITS FOLDER

Every network is seeded, and ends in probabilities.
"""

import json
import math
import pathlib
import sys

import torch
import torchvision
from torch import nn

ROWS = 200
digits_file, root = sys.argv[1], pathlib.Path(sys.argv[2])
torch.set_num_threads(1)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x, mask):
        n, s, w = x.shape
        split = lambda t: t.view(n, s, self.heads, self.size).transpose(1, 2)
        q, k, v = map(split, self.qkv(x).split(w, dim=2))
        scores = q @ k.transpose(2, 3) / math.sqrt(self.size)
        scores = scores + (1.0 - mask[:, None, None, :].float()) * -10000.0
        mixed = torch.softmax(scores, -1) @ v
        return self.out(mixed.transpose(1, 2).reshape(n, s, w))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = Attention(width, heads)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.wide = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x, mask):
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.wide(x))


class Transformer(nn.Module):
    def __init__(self, words=100, width=32, heads=4, longest=64):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Embedding(longest, width)
        self.layers = nn.ModuleList([Layer(width, heads) for _ in range(2)])
        self.head = nn.Linear(width, 3)

    def forward(self, ids, mask):
        places = torch.arange(ids.shape[1])[None, :]
        x = self.words(ids) + self.places(places)
        for layer in self.layers:
            x = layer(x, mask)
        return torch.softmax(self.head(x[:, 0]), -1)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cells = kind(8, 24, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(48, 4)

    def forward(self, x):
        states, _ = self.cells(x)
        return torch.softmax(self.head(states[:, -1]), -1)


def with_softmax(network):
    return nn.Sequential(network, nn.Softmax(dim=-1))


def settle(network, width):
    """Gives batch normalisation statistics of its own."""
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(16, 3, width, width))
    return network.eval()


def trained_cnn():
    with open(digits_file) as file:
        digits = json.load(file)
    images, labels = torch.tensor(digits["images"]), torch.tensor(digits["labels"])
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(32, 10),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(12):
        order = torch.randperm(1500)
        for batch in order.split(100):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    network.eval()
    held_out = (network(images[1500:]).argmax(1) == labels[1500:]).float().mean().item()
    assert held_out > 0.8, f"the network has learnt nothing: {held_out}"
    return with_softmax(network), images[-ROWS:]


def write(name, network, inputs, names, axes):
    folder = root / name
    folder.mkdir(parents=True)
    network.eval()
    torch.onnx.export(
        network,
        tuple(value[:2] for value in inputs),
        str(folder / "whole.onnx"),
        input_names=names,
        output_names=["probabilities"],
        dynamic_axes={**{n: {i: f"d{i}" for i in axes} for n in names}, "probabilities": {0: "d0"}},
        opset_version=14,
    )
    with open(folder / "inputs.json", "w") as file:
        json.dump({n: written(value) for n, value in zip(names, inputs)}, file)


def written(value):
    """The numbers with the digits that they were made with."""
    if value.is_floating_point():
        return value.double().mul(1e4).round().div(1e4).tolist()
    return value.tolist()


def noise(*shape):
    """Numbers with few digits, so that text and float are the same."""
    return (torch.randn(ROWS, *shape) * 100).round() / 100


torch.manual_seed(7)
mlp = nn.Sequential(
    nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 5)
)
write("mlp", with_softmax(mlp), [noise(16)], ["x"], [0])
cnn, images = trained_cnn()
write("cnn", cnn, [images], ["image"], [0])
resnet = settle(torchvision.models.resnet18(num_classes=10), 32)
write("resnet18", with_softmax(resnet), [noise(3, 32, 32)], ["image"], [0])
mobilenet = settle(torchvision.models.mobilenet_v2(num_classes=10), 32)
write("mobilenet_v2", with_softmax(mobilenet), [noise(3, 32, 32)], ["image"], [0])
ids = torch.randint(0, 100, (ROWS, 20))
mask = (torch.arange(20)[None, :] < torch.randint(1, 21, (ROWS, 1))).long()
write("transformer", Transformer(), [ids, mask], ["ids", "mask"], [0, 1])
write("lstm", Recurrent(nn.LSTM), [noise(12, 8)], ["x"], [0, 1])
write("gru", Recurrent(nn.GRU), [noise(12, 8)], ["x"], [0, 1])
