"""Makes the folders of transformers of the tests in the folder that is named: small models with
weights from a seed, and their tokenizers."""

import os
import pathlib
import shutil
import sys

import torch
import transformers as tf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(sys.argv[1])
WORDS = "rent bus ticket coffee bread salary monthly payment card shop train hotel refund tax gift".split()
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"abcdefghijklmnopqrstuvwxyz", *[f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]]
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
NAMES = {"id2label": {0: "home", 1: "travel", 2: "food"}, "label2id": {"home": 0, "travel": 1, "food": 2}}


def bert_tokenizer(folder):
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(PIECES), encoding="utf-8")
    return tf.BertTokenizerFast(vocab_file=str(vocabulary), model_max_length=64)


def bert(kind, name, labels=NAMES, safe=True, **more):
    """A BERT of one head."""
    torch.manual_seed(0)
    folder = FOLDER / name
    folder.mkdir()
    tokenizer = bert_tokenizer(folder)
    # Larger weights than those to begin training with, so that answers differ.
    config = tf.BertConfig(vocab_size=len(PIECES), max_position_embeddings=64, initializer_range=0.4, **SMALL, **labels, **more)
    model = kind(config)
    model.save_pretrained(folder, safe_serialization=safe)
    tokenizer.save_pretrained(folder)
    return folder


def roberta(name):
    torch.manual_seed(0)
    folder = FOLDER / name
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    fast = tf.RobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=48)
    config = tf.RobertaConfig(vocab_size=len(tokenizer.get_vocab()), max_position_embeddings=50, type_vocab_size=1, pad_token_id=1, **SMALL, **NAMES, problem_type="multi_label_classification")
    tf.RobertaForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)


def writer(name):
    torch.manual_seed(0)
    folder = FOLDER / name
    folder.mkdir()
    tf.GPT2LMHeadModel(tf.GPT2Config(vocab_size=len(PIECES), n_embd=16, n_layer=1, n_head=2, n_positions=32)).save_pretrained(folder)
    bert_tokenizer(folder).save_pretrained(folder)


class Harm:
    def __reduce__(self):
        return os.system, (f"touch {FOLDER / 'harm'}",)


bert(tf.BertForSequenceClassification, "classes")
old = bert(tf.BertForSequenceClassification, "old", safe=False)
for name in ("tokenizer.json", "special_tokens_map.json"):
    (old / name).unlink()
bert(tf.BertForSequenceClassification, "number", labels={"num_labels": 1})
bert(tf.BertForTokenClassification, "words")
bert(tf.BertModel, "vectors", labels={})
roberta("several")
writer("writes")
harm = FOLDER / "harmful"
shutil.copytree(old, harm)
torch.save({"weight": torch.zeros(2), "more": Harm()}, harm / "pytorch_model.bin")
other = FOLDER / "other_weights"
shutil.copytree(old, other)
torch.save({"weight": torch.zeros(2)}, other / "pytorch_model.bin")
