"""Your torch module, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import torch

from model import Net  # your own module: the class whose weights these are, in model.py beside this file

HERE = pathlib.Path(__file__).parent
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the weights are; beside this file where nobody says.
    path = os.environ.get("MLSHIP_MODEL", HERE / "model.pt")
    weights = torch.load(path, map_location="cpu", weights_only=True)
    # A checkpoint has them beside other things.
    for key in ("state_dict", "model_state_dict", "model"):
        weights = weights.get(key, weights)
    # Training on several cards writes this before every name.
    weights = {name.removeprefix("module."): tensor for name, tensor in weights.items()}
    model = Net()
    model.load_state_dict(weights)
    model.eval()


def predict(request):
    """Called for each request, with what its JSON means: a batch of examples as nested lists. What it gives
    becomes the answer's JSON.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    with torch.no_grad():
        return model(torch.tensor(request, dtype=torch.float32)).tolist()
