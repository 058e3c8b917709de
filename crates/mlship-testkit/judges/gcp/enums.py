"""The numbers of the enums that Google's clients send, by API: a JSON list of {name: number}.

Usage: enums.py FILE
"""

import importlib
import json
import pkgutil
import sys

PACKAGES = {"run": "google.cloud.run_v2", "cloudfunctions": "google.cloud.functions_v2"}


def enums_of_message(message):
    for enum in message.enum_types:
        yield enum
    for nested in message.nested_types:
        yield from enums_of_message(nested)


def enums_of_file(file, seen):
    if file.name in seen:
        return
    seen.add(file.name)
    yield from file.enum_types_by_name.values()
    for message in file.message_types_by_name.values():
        yield from enums_of_message(message)
    for other in file.dependencies:
        yield from enums_of_file(other, seen)


def files(package):
    types = importlib.import_module(package + ".types")
    for module in pkgutil.iter_modules(types.__path__):
        content = vars(importlib.import_module(f"{package}.types.{module.name}"))
        for kind in content.values():
            if isinstance(kind, type) and hasattr(kind, "pb") and hasattr(kind, "meta"):
                yield kind.pb().DESCRIPTOR.file


def main(to):
    table = {}
    for api, package in PACKAGES.items():
        seen = set()
        table[api] = [
            {value.name: value.number for value in enum.values}
            for file in files(package)
            for enum in enums_of_file(file, seen)
        ]
        assert table[api], package
    with open(to, "w", encoding="utf-8") as out:
        json.dump(table, out)


main(sys.argv[1])
