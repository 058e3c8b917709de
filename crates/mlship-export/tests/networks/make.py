"""Makes the modules of the tests, each a file in the folder that is named, with weights from a seed:
what people have on their desks, and what is known not to convert."""

import collections
import pathlib
import pickle
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from definition import Checked, Choice, Kept, Looped, Net, Noise, Spectrum, Steps, Two, Words, resnet, seen  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
torch.manual_seed(0)


class Own(nn.Linear):
    """A class that is in no module."""


net = Net().double()
MODULES = {
    "linear.pt": nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Dropout(), nn.Linear(12, 1)),
    "conv.pth": seen(), "resnet.pt": resnet(), "steps.pt": Steps(), "words.pt": Words(), "two.pt": Two(),
    "spectrum.pt": Spectrum(), "choice.pt": Choice(), "checked.pt": Checked(), "kept.pt": Kept(), "noise.pt": Noise(),
    "steps_first.pt": Steps(batch_first=False), "whole.pt": net,
    "own.pt": Own(3, 2),
}
for name, module in MODULES.items():
    torch.save(module, FOLDER / name)
torch.save(seen(), FOLDER / "old.pth", _use_new_zipfile_serialization=False)
torch.jit.script(Looped()).save(str(FOLDER / "looped.pt"))
torch.jit.trace(seen().eval(), torch.rand(2, 3, 32, 32)).save(str(FOLDER / "traced.pt"))
torch.save(net.state_dict(), FOLDER / "state.pt")
torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in net.state_dict().items()}, "optimizer": {"lr": 0.1}}, FOLDER / "checkpoint.pt")
torch.save({"best": net, "epoch": 3}, FOLDER / "in_a_dict.pt")
torch.save([1, 2], FOLDER / "a_list.pt")
torch.save({"epoch": 3}, FOLDER / "no_weights.pt")
pickle.dump(nn.Linear(2, 2), open(FOLDER / "plain.pkl", "wb"))
torch.save(collections.OrderedDict(a=torch.zeros(2)), FOLDER / "other_state.pt")
