"""Your torch module, called for each request. The manifest names it: `python: {handler: "app:predict"}`."""

import os
import pathlib

import torch

HERE = pathlib.Path(__file__).parent
model = None


def load():
    """Called once, before the first request. Whatever takes long belongs here."""
    global model
    # Where the model's file is; beside this one where nobody says.
    path = os.environ.get("MLSHIP_MODEL", HERE / "model.pt")
    # The file is a whole module, and loading it runs what is in it: only for a file that you trust.
    found = torch.load(path, map_location="cpu", weights_only=False)
    if isinstance(found, dict):
        found = next(part for part in found.values() if isinstance(part, torch.nn.Module))
    model = found.eval()


def predict(request):
    """Called for each request, with what its JSON means: a batch of examples as nested lists. What it gives
    becomes the answer's JSON.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    with torch.no_grad():
        return model(torch.tensor(request, dtype=torch.float32)).tolist()
