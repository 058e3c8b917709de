"""A WordPiece vocabulary out of texts, its `tokenizer.json`, and the tokenizer for training.

The tokenizer here knows ASCII alone, which is all that the generated texts have; what is served
reads `tokenizer.json`, and knows the rest.
"""

import json
import re
from collections import Counter

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNKNOWN, FIRST, LAST = range(4)


def words(text: str) -> list[str]:
    """Lower-case words; every punctuation mark is one of its own."""
    return re.findall(r"[a-z0-9]+|[^\sa-z0-9]", text.lower())


def vocabulary(texts: list[str], size: int) -> list[str]:
    """The letters first, then the commonest pair of pieces made one, again and again."""
    counts = Counter(word for text in texts for word in words(text))
    split = {word: [word[0], *("##" + letter for letter in word[1:])] for word in counts}
    ascii_marks = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    letters = [chr(code) for code in [*range(48, 58), *range(97, 123)]]
    pieces = [*SPECIAL, *ascii_marks, *("##" + letter for letter in letters)]
    while len(pieces) < size:
        pairs = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        # Of pairs as common, the first in the alphabet: the order of a table tells nothing.
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        joined = left + right.removeprefix("##")
        if joined not in pieces:
            pieces.append(joined)
        for word, parts in split.items():
            split[word] = merged(parts, left, right, joined)
    return pieces


def merged(parts: list[str], left: str, right: str, joined: str) -> list[str]:
    out, at = [], 0
    while at < len(parts):
        if parts[at : at + 2] == [left, right]:
            out.append(joined)
            at += 2
        else:
            out.append(parts[at])
            at += 1
    return out


def pieces_of(word: str, ids: dict[str, int]) -> list[int]:
    """The longest piece that fits, from the left; one unknown when a part fits nothing."""
    found, at = [], 0
    while at < len(word):
        for end in range(len(word), at, -1):
            piece = ("##" if at else "") + word[at:end]
            if piece in ids:
                found.append(ids[piece])
                at = end
                break
        else:
            return [UNKNOWN]
    return found


def encode(text: str, ids: dict[str, int], longest: int) -> list[int]:
    inner = [piece for word in words(text) for piece in pieces_of(word, ids)]
    return [FIRST, *inner[: longest - 2], LAST]


def write(path: str, pieces: list[str]) -> None:
    """`tokenizer.json`, as the `tokenizers` library reads it."""
    special = [
        {
            "id": place,
            "content": content,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for place, content in enumerate(SPECIAL)
    ]
    token = {name: {"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]")}
    second = [
        {"Sequence": {"id": "B", "type_id": 1}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
    ]
    single = [token["[CLS]"], {"Sequence": {"id": "A", "type_id": 0}}, token["[SEP]"]]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, *second],
            "special_tokens": {
                name: {"id": name, "ids": [place], "tokens": [name]}
                for name, place in (("[CLS]", FIRST), ("[SEP]", LAST))
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: place for place, piece in enumerate(pieces)},
        },
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tokenizer, file, indent=1)
        file.write("\n")
