"""Modules that were defined beside a training script."""

import torch
from torch import nn


class Net(nn.Module):
    """Numbers to three classes."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(6, 16)
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


class Steps(nn.Module):
    """Steps of five numbers to a class."""

    def __init__(self, batch_first=True):
        super().__init__()
        self.steps = nn.LSTM(5, 8, num_layers=2, batch_first=batch_first, bidirectional=True)
        self.out = nn.Linear(16, 4)

    def forward(self, x):
        return self.out(self.steps(x)[0][:, -1])


class Words(nn.Module):
    """Numbers of words to a class."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.inner = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.out = nn.Linear(8, 3)

    def forward(self, ids):
        return self.out(self.inner(self.words(ids)).mean(dim=1))


class Two(nn.Module):
    """A picture and numbers to two answers."""

    def __init__(self):
        super().__init__()
        self.seen = nn.Conv2d(3, 4, 3)
        self.known = nn.Linear(4, 4)

    def forward(self, picture, numbers):
        both = self.seen(picture).mean(dim=(2, 3)) + self.known(numbers)
        return {"scores": both, "size": both.abs().sum(dim=1)}


class Spectrum(nn.Module):
    """A signal's spectrum to a class."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(9, 2)

    def forward(self, x):
        return self.out(torch.linalg.eigvalsh(x.unsqueeze(2) * x.unsqueeze(1))[:, :9])


class Choice(nn.Module):
    """One layer or another, by the values."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x):
        if x.abs().max() > 4:
            return self.one(x)
        return self.other(x)


class Checked(nn.Module):
    """Looks at what it is given, and answers all alike."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        if torch.isnan(x).any():
            raise ValueError("not a number")
        return self.out(x)


class Kept(nn.Module):
    """Keeps the number of rows it was traced with."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(x).reshape(int(x.shape[0]), 2) * torch.ones(len(x.tolist()), 1)


class Noise(nn.Module):
    """Another answer each time."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(nn.functional.dropout(x, 0.5))


class Looped(nn.Module):
    """A loop as long as its input, which a script keeps."""

    def __init__(self):
        super().__init__()
        self.step = nn.Linear(4, 4)

    def forward(self, x):
        state = x
        for at in range(x.size(1)):
            if at < x.size(1) - 1:
                state = torch.tanh(self.step(state)) + x[:, at:at + 1]
            else:
                state = state * 0.5
        return state


def seen():
    """A net of pictures."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, groups=8), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(8, 5),
    )


def resnet():
    from torchvision.models.resnet import BasicBlock, ResNet

    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=4)


class Own(nn.Linear):
    """What the training script calls it too."""


def broken():
    raise ValueError("no weights for today")


def needs(width):
    return nn.Linear(width, 2)
