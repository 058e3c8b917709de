"""The keys of the models of the vendor's clients, read out of both kinds of model.

The newer ones have a `rest_field` for each key, the older ones an `_attribute_map` and, for the
words that a value may be, only the text that describes them.
"""

import importlib
import re
import typing
from datetime import date, datetime, timedelta
from functools import lru_cache

# What the older clients call the plain types.
PLAIN = {
    "str": str, "bool": bool, "int": int, "long": int, "float": float, "object": typing.Any,
    "iso-8601": datetime, "rfc-1123": str, "date": date, "duration": timedelta, "bytearray": bytes,
    "base64": str, "unix-time": int, "time": str, "decimal": float,
}


class Field:
    """A key of a model: what its value is, who writes it, whether it must be there."""

    def __init__(self, note, readonly, required, rules=None):
        self.note, self.readonly, self.required = note, readonly, required
        self.rules = rules or {}


@lru_cache(maxsize=None)
def new_fields(model):
    model.__new__(model)  # The clients name their fields when the first one is made.
    spaces = {"_models": importlib.import_module(models_of(model))}
    notes = typing.get_type_hints(model, localns=spaces)
    fields = {}
    for attribute, rest in model._attr_to_rest_field.items():
        note = notes[attribute]
        optional = type(None) in typing.get_args(note)
        fields[rest._rest_name] = Field(note, rest._visibility == ["read"], not optional)
    return fields


@lru_cache(maxsize=None)
def old_fields(model):
    module = importlib.import_module(models_of(model))
    fields = {}
    for attribute, entry in model._attribute_map.items():
        rules = model._validation.get(attribute, {})
        note = old_note(entry["type"], attribute, model, module)
        field = Field(note, rules.get("readonly", False), rules.get("required", False), rules)
        # A dot in a key is a level of JSON; one that is part of a name is written `\.`.
        *parents, last = [one.replace("\\.", ".") for one in re.split(r"(?<!\\)\.", entry["key"])]
        node = fields
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last or "*"] = field
        if not last:
            field.note = typing.Any
    return fields


def old_note(text, attribute, model, module):
    if text.startswith("["):
        return list[old_note(text[1:-1], attribute, model, module)]
    if text.startswith("{"):
        return dict[str, old_note(text[1:-1], attribute, model, module)]
    if text == "str":
        return enum_in_words(attribute, model, module) or str
    return PLAIN.get(text) or getattr(module, text)


def enum_in_words(attribute, model, module):
    """The older models name their enums only in the text that describes them."""
    words = re.search(
        rf":vartype {attribute}:\s+(?:list\[)?str\s+or\s+~([\w.]+)", model.__doc__ or "")
    return getattr(module, words[1].rpartition(".")[2], None) if words else None


def models_of(model):
    return re.sub(r"\.models\..*", ".models", model.__module__)
