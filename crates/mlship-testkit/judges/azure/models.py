"""Holds a JSON value against a model of the vendor's clients: everything known, nothing left over.

A problem is one line of text. This knows nothing of operations or calls.
"""

import importlib
import inspect
import re
import sys
import typing
from datetime import date, datetime, timedelta
from enum import Enum

from fields import PLAIN, models_of, new_fields, old_fields

# What a value is part of. Nobody may send what only the service writes.
SENT = "sent"
ANSWERED = "answered"


def problems(package, note, value, way):
    """What is wrong with `value` where a client's operation says `X`, `[X]`, `page X` or `object`."""
    if note == "object":
        return []
    models = importlib.import_module(package + ".models")
    if note.startswith("page "):
        _, name, key = note.split()
        return list(page(getattr(models, name), key, value, way))
    if note.startswith("["):
        return list(check(list[getattr(models, note[1:-1])], value, "", way))
    model = PLAIN.get(note) or getattr(models, note)
    found = list(check(model, value, "", way))
    if way == SENT and not found and hasattr(model, "_attribute_map"):
        found += through_the_client(model, value)
    return found


def through_the_client(model, value):
    """The older clients forget what they do not know: what they would send is what was sent."""
    again = model.from_dict(value).serialize()
    if without_null(again) != without_null(value):
        yield f": the client would send {again}"


def without_null(value):
    if isinstance(value, dict):
        return {key: without_null(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_null(inner) for inner in value]
    return value


def page(model, key, value, way):
    if not isinstance(value, dict):
        yield f"a page is no object but {value!r}"
        return
    for unknown in set(value) - {key, "nextLink", "id"}:
        yield f"unknown key {unknown}"
    if not isinstance(value.get("nextLink"), str | None):
        yield "nextLink is no text"
    if key not in value:
        yield f"{key} is missing"
    yield from check(list[model], value.get(key, []), f".{key}", way)


def check(note, value, where, way):
    """Problems of a value at `where` that is noted as a Python type."""
    origin, parts = typing.get_origin(note), typing.get_args(note)
    if note is typing.Any or note is object:
        return
    if origin is typing.Literal:
        if value not in parts:
            yield f"{where}: {short(value)} is none of {list(parts)}"
    elif origin is typing.Union:
        yield from any_of(parts, value, where, way)
    elif origin in (list, typing.List):
        if not isinstance(value, list):
            yield f"{where}: {short(value)} is no list"
            return
        for number, inner in enumerate(value):
            yield from check(parts[0], inner, f"{where}[{number}]", way)
    elif origin is not None and issubclass(origin, typing.Mapping):
        if not isinstance(value, dict):
            yield f"{where}: {short(value)} is no object"
            return
        for key, inner in value.items():
            yield from check(parts[1], inner, f"{where}.{key}", way)
    elif hasattr(note, "_attribute_map"):
        yield from structure(note, old_fields, value, where, way)
    elif is_new(note):
        yield from structure(note, new_fields, value, where, way)
    elif inspect.isclass(note) and issubclass(note, Enum):
        yield from word(note, value, where, way)
    else:
        yield from plain(note, value, where)


def is_new(note):
    return any(base.__name__ == "Model" and base.__module__.endswith("model_base")
               for base in getattr(note, "__mro__", ()))


def any_of(parts, value, where, way):
    if value is None and type(None) in parts:
        return
    enums = [part for part in parts if inspect.isclass(part) and issubclass(part, Enum)]
    if enums:
        # Text or one of the known ones is what the clients take; the known ones are what is meant.
        yield from word(enums[0], value, where, way)
        return
    tried = [list(check(part, value, where, way)) for part in parts if part is not type(None)]
    if all(tried):
        yield from min(tried, key=len)


def word(enum, value, where, way):
    """One of the known words. Services answer some in another case, or none, which clients bear."""
    if way == ANSWERED and value == "":
        return
    known = [one.value for one in enum]
    borne = [one.lower() for one in known] if way == ANSWERED else known
    if (value.lower() if way == ANSWERED and isinstance(value, str) else value) not in borne:
        yield f"{where}: {short(value)} is none of {known}"


def plain(note, value, where):
    fits = {
        str: lambda: isinstance(value, str),
        bool: lambda: isinstance(value, bool),
        int: lambda: isinstance(value, int) and not isinstance(value, bool),
        float: lambda: isinstance(value, int | float) and not isinstance(value, bool),
        bytes: lambda: isinstance(value, str),
        datetime: lambda: is_time(value),
        date: lambda: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value),
        timedelta: lambda: isinstance(value, str) and value.startswith("P"),
    }
    if note not in fits:
        yield f"{where}: the judge does not know the type {note}"
    elif not fits[note]():
        yield f"{where}: {short(value)} is no {note.__name__}"


def is_time(value):
    if not isinstance(value, str):
        return False
    try:
        # Services give seven digits of a second; Python reads six.
        datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return False
    return "T" in value


def structure(model, fields_of, value, where, way):
    if not isinstance(value, dict):
        yield f"{where}: {short(value)} is no object"
        return
    model, wrong = chosen(model, value)
    if wrong:
        yield f"{where}: {wrong}"
        return
    yield from tree(fields_of(model), value, where, way)


def tree(fields, value, where, way):
    if not isinstance(value, dict):
        yield f"{where}: {short(value)} is no object"
        return
    for key, inner in value.items():
        field = fields.get(key, fields.get("*"))
        if field is None:
            near = [one for one in fields if one.lower() == key.lower()]
            yield f"{where}.{key}: unknown key" + (f", there is {near[0]}" if near else "")
        elif isinstance(field, dict):
            yield from tree(field, inner, f"{where}.{key}", way)
        elif way == SENT and field.readonly:
            yield f"{where}.{key}: only the service writes this"
        elif not (inner is None and not field.required):
            yield from check(field.note, inner, f"{where}.{key}", way)
            yield from limits(field, inner, f"{where}.{key}")
    for key, field in fields.items():
        if key in value or key == "*":
            continue
        if isinstance(field, dict):
            if way == SENT and any(one.required and not one.readonly for one in leaves(field)):
                yield f"{where}.{key}: required"
        elif field.required and not (way == SENT and field.readonly):
            yield f"{where}.{key}: required"


def leaves(fields):
    for field in fields.values():
        yield from leaves(field) if isinstance(field, dict) else [field]


def limits(field, value, where):
    rules = field.rules
    if isinstance(value, str) and "pattern" in rules and not re.search(rules["pattern"], value):
        yield f"{where}: {short(value)} does not match {rules['pattern']}"
    if isinstance(value, str | list):
        low = rules.get("min_length", rules.get("min_items", 0))
        high = rules.get("max_length", rules.get("max_items", len(value)))
        if not low <= len(value) <= high:
            yield f"{where}: length {len(value)} is not in {low}..{high}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < rules.get("minimum", value) or value > rules.get("maximum", value):
            yield f"{where}: {value} is out of {rules}"


def chosen(model, value):
    """The kind of model that its discriminator says, or what is wrong with that."""
    if hasattr(model, "_subtype_map"):
        for attribute, kinds in model._subtype_map.items():
            key = model._attribute_map[attribute]["key"]
            if value.get(key) in kinds:
                name = kinds[value[key]]
                return getattr(sys.modules[models_of(model)], name), None
            return model, f"{key} {short(value.get(key))} is none of {sorted(kinds)}"
    # A subclass has its parent's map too; only who declares the discriminator chooses by it.
    if "__mapping__" in vars(model):
        model.__new__(model)
        key = model._get_discriminator([])
        if key is not None:
            kind = value.get(key._rest_name)
            if kind not in model.__mapping__:
                return model, f"{key._rest_name} {short(kind)} is none of {sorted(model.__mapping__)}"
            return model.__mapping__[kind], None
    return model, None


def short(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
