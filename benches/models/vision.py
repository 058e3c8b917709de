"""A torchvision network with seeded random weights, as ONNX: python vision.py NAME FOLDER.

Batch norms get statistics of random pictures, so that numbers stay in range. Debian's Python has
torch and torchvision.
"""

import pathlib
import sys

import torch
import torchvision

name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
torch.manual_seed(0)
model = getattr(torchvision.models, name)(weights=None)
with torch.no_grad():
    for _ in range(2):
        model(torch.randn(2, 3, 224, 224))
model.eval()
folder.mkdir(parents=True, exist_ok=True)
torch.onnx.export(
    model,
    (torch.randn(1, 3, 224, 224),),
    str(folder / "model.onnx"),
    input_names=["x"],
    output_names=["logits"],
    dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}},
    opset_version=14,
)
