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
    # Weights alone need the module that they are of, from a file of yours beside this one:
    #     from net import Net
    #     model = Net()
    #     model.load_state_dict(torch.load(path, map_location="cpu"))
    model = torch.load(path, map_location="cpu")
    model.eval()


def predict(request):
    """Called for each request, with what its JSON means; what it gives becomes the answer's JSON.

    What is raised here is a 500 for the caller, who hears its type alone; its line and its message
    are in the log, and so is what is printed.
    """
    with torch.no_grad():
        return model(torch.tensor(request, dtype=torch.float32)).tolist()
