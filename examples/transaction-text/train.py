"""Trains the transaction classifier and writes it as ONNX with its tokenizer.

    python train.py [FOLDER]

Makes up the texts, builds the vocabulary, trains a small BERT-style encoder on them, and prints
its accuracy on texts that it never saw. Needs torch alone; one thread and seeded, so that the
same machine gives the same model. Takes about two minutes.
"""

import json
import random
import sys
from pathlib import Path

import torch
from torch import nn

import texts
import wordpiece

LAYERS, WIDTH, HEADS, LONGEST = 2, 64, 4, 64
VOCABULARY = 1000
TRAINED_ON, HELD_OUT = 8000, 2000
ROUNDS, BATCH = 5, 64


class Layer(nn.Module):
    """One encoder layer: attention, then two dense layers, each with its shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.drop = nn.Dropout(0.1)

    def attend(self, x: torch.Tensor, shut: torch.Tensor) -> torch.Tensor:
        batch, tokens, _ = x.shape
        query, key, value = (
            part(x).view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.parts[:3]
        )
        scores = query @ key.transpose(2, 3) / (WIDTH // HEADS) ** 0.5 + shut
        mixed = torch.softmax(scores, dim=-1) @ value
        return self.parts[3](mixed.transpose(1, 2).reshape(batch, tokens, WIDTH))

    def forward(self, x: torch.Tensor, shut: torch.Tensor) -> torch.Tensor:
        x = self.norms[0](x + self.drop(self.attend(x, shut)))
        return self.norms[1](x + self.drop(self.narrow(nn.functional.gelu(self.wide(x)))))


class Classifier(nn.Module):
    """Token ids to one score a category, read off the first token."""

    def __init__(self, vocabulary: int, categories: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.places = nn.Embedding(LONGEST, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.classify = nn.Linear(WIDTH, categories)
        self.register_buffer("order", torch.arange(LONGEST).unsqueeze(0))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        places = self.places(self.order[:, : input_ids.shape[1]])
        x = self.norm(self.words(input_ids) + places + self.segments(token_type_ids))
        shut = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, shut)
        return self.classify(x[:, 0])


def tensors(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and segments, padded to the longest."""
    width = max(map(len, rows))
    ids = torch.tensor([row + [wordpiece.PAD] * (width - len(row)) for row in rows])
    return ids, (ids != wordpiece.PAD).long(), torch.zeros_like(ids)


def train(model: Classifier, rows: list[list[int]], categories: list[int]) -> None:
    steps = ROUNDS * (len(rows) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)
    order = random.Random(0)
    model.train()
    for number in range(ROUNDS):
        places = order.sample(range(len(rows)), len(rows))
        for at in range(0, len(rows) - BATCH + 1, BATCH):
            chosen = places[at : at + BATCH]
            scores = model(*tensors([rows[place] for place in chosen]))
            wanted = torch.tensor([categories[place] for place in chosen])
            loss = nn.functional.cross_entropy(scores, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        print(f"round {number + 1} of {ROUNDS}, loss {loss.item():.3f}")


def accuracy(model: Classifier, rows: list[list[int]], categories: list[int]) -> float:
    model.eval()
    with torch.no_grad():
        best = model(*tensors(rows)).argmax(dim=1)
    return (best == torch.tensor(categories)).float().mean().item()


def export(model: Classifier, path: Path) -> None:
    names = ["input_ids", "attention_mask", "token_type_ids"]
    model.eval()
    torch.onnx.export(
        model,
        tensors([[wordpiece.FIRST, 5, 6, wordpiece.LAST], [wordpiece.FIRST, wordpiece.LAST]]),
        str(path),
        input_names=names,
        output_names=["logits"],
        opset_version=17,
        dynamic_axes={
            **{name: {0: "texts", 1: "tokens"} for name in names},
            "logits": {0: "texts"},
        },
    )


def main(folder: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    known, unseen = texts.made(1, TRAINED_ON), texts.made(2, HELD_OUT)
    seen = {text.lower() for text, _ in known}
    unseen = [(text, category) for text, category in unseen if text.lower() not in seen]
    pieces = wordpiece.vocabulary([text for text, _ in known], VOCABULARY)
    ids = {piece: place for place, piece in enumerate(pieces)}
    rows, wanted = ([wordpiece.encode(text, ids, LONGEST) for text, _ in known],
                    [category for _, category in known])
    model = Classifier(len(pieces), len(texts.CATEGORIES))
    train(model, rows, wanted)
    held_out = [wordpiece.encode(text, ids, LONGEST) for text, _ in unseen]
    right = accuracy(model, held_out, [category for _, category in unseen])
    print(f"held-out accuracy {right:.3f} on {len(unseen)} texts")

    wordpiece.write(str(folder / "tokenizer.json"), pieces)
    labels = {str(place): name for place, name in enumerate(texts.CATEGORIES)}
    (folder / "config.json").write_text(json.dumps({"id2label": labels}, indent=1) + "\n")
    export(model, folder / "model.onnx")
    print(f"wrote model.onnx, tokenizer.json and config.json to {folder}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).parent)
