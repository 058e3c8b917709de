"""Folders of transformers: a model of texts, its tokenizer and its labels."""

import inspect
import json
import os
from dataclasses import dataclass

import numpy as np
import torch

from . import net_onnx, net_proof
from .networks import write
from .refusal import Refusal, one_line

# The heads that answer a text as a whole or word by word, by the end of the class's name, with what
# transformers calls them. A class without a head gives vectors.
HEADS = {
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForQuestionAnswering": "AutoModelForQuestionAnswering",
    "ForMaskedLM": "AutoModelForMaskedLM",
    "Model": "AutoModel",
}

# Texts are cut here, where neither the tokenizer nor the model says at how many tokens.
LONGEST = 512

# How many texts there are at a time, one after the other; the last goes on.
BATCHES = [1, 2, 5, 8]

# How many texts are shown with their answers.
SHOWN = 24

# Words that no vocabulary has, other scripts, and no words at all.
STRANGE = ["", " ", "zyxwvut", "Ünïcödé ÀÉÎ", "日本語のテキスト", "😀", "don't stop!", "A\tB\nC", "1,234.56 %"]


def export(order):
    """The report on one folder; the ONNX file is written when it is the same."""
    folder = order["model"]
    config, tokenizer, model = loaded(folder)
    longest = limit(config, tokenizer)
    names = [name for name in tokenizer.model_input_names if name in taken(model)]
    model = Named(model, names)
    texts = made(tokenizer, longest, order)
    # As many tokens as there are labels would look like a dimension of any length.
    length = min(longest, 9 if config.num_labels == 8 else 8)
    example = encoded(tokenizer, [" ".join(texts), "a"], length, names)
    example = [Example(name, tokens) for name, tokens in zip(names, example)]
    converted = net_onnx.convert(model, example, order, axes=("batch", "sequence"))
    both = net_proof.Both(model, converted.data)
    count, batches = net_proof.answered(both, (encoded(tokenizer, batch, longest, names) for batch in groups(texts)))
    samples = shown(both, tokenizer, texts, longest, names, config, converted.outputs)
    report = net_proof.compared(both, converted, batches, count, order, samples)
    # What is said of shapes that a library looks at is no news for a user.
    report.update(notes=[], **{"class": f"{type(model.model).__module__}.{type(model.model).__qualname__}"})
    if report["ok"]:
        keep(tokenizer, os.path.dirname(order["out"]))
        write(converted.data, report, order, more(config))
    return report


@dataclass
class Example:
    """An input with the tokens of two texts, by which the model is traced."""

    name: str
    tokens: np.ndarray

    def drawn(self, count, rng):
        return self.tokens[:count]


class Named(torch.nn.Module):
    """The model with its inputs in order, and tensors as answers."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *given):
        answer = self.model(**dict(zip(self.names, given)))
        tensors = net_onnx.tensors(dict(answer))
        # A vector for the whole text beside one a token is one too many to choose from.
        vectors = [(name, tensor) for name, tensor in tensors if name == "last_hidden_state"]
        return dict(vectors or tensors)


def loaded(folder):
    """The settings, the tokenizer and the model in a folder. Nothing is fetched, and no code in it runs."""
    import transformers

    transformers.logging.set_verbosity_error()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        own = (getattr(config, "architectures", None) or [""])[0]
        head = next((head for end, head in HEADS.items() if own.endswith(end) and (end != "Model" or "Head" not in own)), None)
        if head is None or getattr(config, "is_encoder_decoder", False):
            known = ", ".join(f"`…{end}`" for end in HEADS)
            raise Refusal("convert", f"it is none of {known}", step=own or "no class in its config.json")
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        safe = any(name.endswith(".safetensors") for name in os.listdir(folder))
        more = {"attn_implementation": "eager", "output_loading_info": True}
        model, told = getattr(transformers, head).from_pretrained(folder, local_files_only=True, use_safetensors=safe, **more)
    except Refusal:
        raise
    except Exception as error:
        raise Refusal("load", one_line(error)) from None
    if type(model).__name__ != own:
        raise Refusal("load", f"its config.json names `{own}`, and transformers makes a `{type(model).__name__}` of it")
    # What is not there is made up by transformers; a pooler is, and is not exported.
    missing = sorted(name for name in told["missing_keys"] if not name.startswith("pooler."))
    if missing or told["mismatched_keys"]:
        what = ", ".join(f"`{name}`" for name in missing[:3]) or "some of the right size"
        raise Refusal("load", f"its weights are not all there: {what} and {max(0, len(missing) - 3)} more are not in the file")
    if not getattr(tokenizer, "is_fast", False):
        raise Refusal("load", f"its tokenizer, a `{type(tokenizer).__name__}`, has no form in tokenizer.json")
    return config, tokenizer, model.to("cpu").float().eval()


def taken(model):
    return inspect.signature(model.forward).parameters


def limit(config, tokenizer):
    """The most tokens of a text."""
    places = getattr(config, "max_position_embeddings", None) or LONGEST
    # Models after RoBERTa's keep two places for themselves.
    places -= 2 if getattr(config, "model_type", "") in ("roberta", "camembert", "xlm-roberta", "mpnet", "longformer") else 0
    return int(min(places, tokenizer.model_max_length if tokenizer.model_max_length < 10**6 else LONGEST, LONGEST))


def encoded(tokenizer, texts, longest, names):
    """The texts as the model takes them, the short ones padded."""
    found = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="np")
    return [found[name].astype(np.int64) for name in names]


def made(tokenizer, longest, order):
    """Texts of every length, of the tokenizer's own words and of strange ones; the given ones first."""
    rng = np.random.RandomState(order["seed"])
    words = sorted(word for word in tokenizer.get_vocab() if word.isalnum() and len(word) > 1)[:20_000] or ["a", "b"]
    # Longer texts take longer: so many tokens are made at most.
    count = min(order["rows"], max(32, 40_000 // longest))
    texts = [sample["text"] for sample in order.get("samples", []) if isinstance(sample.get("text"), str)] + STRANGE
    for at in range(max(0, count - len(texts))):
        length = 1 + int(longest * 1.2 * (at / count) ** 2)
        chosen = rng.choice(words, length)
        texts.append(" ".join(STRANGE[rng.randint(2, len(STRANGE))] if rng.rand() < 0.05 else word for word in chosen))
    # Long and short ones side by side, so that many are padded.
    return [texts[at] for at in rng.permutation(len(texts))]


def groups(texts):
    at = size = 0
    while at < len(texts):
        count = BATCHES[min(size, len(BATCHES) - 1)]
        yield texts[at:at + count]
        at, size = at + count, size + 1


def shown(both, tokenizer, texts, longest, names, config, outputs):
    """Some texts as requests, with the model's own answers; only of classes and single numbers."""
    found = []
    if outputs != ["logits"]:
        return found
    # The runtime is asked one text at a time; an empty one it may refuse.
    for text in sorted((text for text in texts if text.strip()), key=len)[:: max(1, len(texts) // SHOWN)]:
        logits = both.own(encoded(tokenizer, [text], longest, names))[0]
        if logits.ndim != 2:
            return []
        request = {"request": {"text": text}}
        if logits.shape[1] == 1:
            found.append({**request, "predict": float(logits[0, 0]), "probabilities": None})
            continue
        scores = probabilities(logits[0].astype(np.float64), config)
        found.append({**request, "predict": labels(config)[int(scores.argmax())], "probabilities": scores.tolist()})
    return found


def probabilities(logits, config):
    if config.problem_type == "multi_label_classification":
        return 1 / (1 + np.exp(-logits))
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def labels(config):
    return [str(config.id2label[at]) for at in range(len(config.id2label))]


def more(config):
    """What else the ONNX file says: the labels, where there are classes of texts."""
    if not config.architectures[0].endswith("ForSequenceClassification") or config.num_labels < 2:
        return {}
    activation = "sigmoid" if config.problem_type == "multi_label_classification" else "softmax"
    return {"labels": json.dumps(labels(config), ensure_ascii=False), "mlship.activation": activation}


def keep(tokenizer, folder):
    """Writes tokenizer.json, where the folder has the tokenizer in another form."""
    path = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(path):
        tokenizer.backend_tokenizer.save(path)
