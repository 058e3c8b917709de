"""A network of BERT-base's size with random weights: only its speed and size mean anything.

    /usr/bin/python3 bert_base.py FOLDER [--layers 12 --hidden 768]

Writes `model.onnx` (what onnxruntime reads and `mlship` packages) and `model.pt` (the same as
TorchScript), and `request-<tokens>.json` for 32 and 128 tokens. Layout as in the original: 12
layers of 768, 12 heads, 30522 words, 512 places, 2 types, a pooler and 3 classes. Seeded.
"""

import argparse
import json
import math
import pathlib

import torch
from torch import nn

WORDS, PLACES, TYPES, CLASSES = 30522, 512, 2, 3
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out, self.norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.last = nn.LayerNorm(width, eps=1e-12)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0), x.size(1), self.heads, self.head).permute(0, 2, 1, 3)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.head) + mask
        mixed = torch.matmul(torch.softmax(scores, -1), value).permute(0, 2, 1, 3).contiguous()
        x = self.norm(x + self.out(mixed.view(x.size(0), x.size(1), x.size(2))))
        return self.last(x + self.down(nn.functional.gelu(self.up(x))))


class Bert(nn.Module):
    def __init__(self, layers: int, width: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, width), nn.Embedding(PLACES, width)
        self.types, self.norm = nn.Embedding(TYPES, width), nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, width // 64) for _ in range(layers))
        self.pooler, self.classes = nn.Linear(width, width), nn.Linear(width, CLASSES)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        places = torch.arange(ids.size(1)).unsqueeze(0)
        x = self.norm(self.words(ids) + self.places(places) + self.types(types))
        mask = (1.0 - mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, mask)
        return self.classes(torch.tanh(self.pooler(x[:, 0])))


def request(tokens: int) -> dict[str, list[list[int]]]:
    ids = torch.randint(5, WORDS, (1, tokens)).tolist()
    return dict(zip(INPUTS, [ids, [[1] * tokens], [[0] * tokens]]))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--layers", type=int, default=12)
    options.add_argument("--hidden", type=int, default=768)
    options = options.parse_args()
    torch.manual_seed(0)
    model = Bert(options.layers, options.hidden).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.02)
    options.folder.mkdir(parents=True, exist_ok=True)
    for tokens in (32, 128):
        (options.folder / f"request-{tokens}.json").write_text(json.dumps(request(tokens)))
    example = tuple(torch.tensor(value) for value in request(32).values())
    torch.onnx.export(
        model,
        example,
        str(options.folder / "model.onnx"),
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in INPUTS} | {"logits": {0: "texts"}},
        opset_version=14,
    )
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(model, example), str(options.folder / "model.pt"))


if __name__ == "__main__":
    main()
