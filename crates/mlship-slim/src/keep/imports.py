"""Prints the modules that sources import anywhere in them, functions included.

Reads a JSON list of `[file, module, is package]` from the file that it is given.
"""

import ast
import json
import sys


def parents(name):
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def named(tree, module, is_package):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                around = module.split(".")
                around = around[: len(around) - node.level + is_package]
                base = ".".join(around + ([node.module] if node.module else []))
            for alias in node.names:
                yield f"{base}.{alias.name}"


def main():
    found = set()
    with open(sys.argv[1]) as file:
        sources = json.load(file)
    for path, module, is_package in sources:
        with open(path, "rb") as file:
            try:
                tree = ast.parse(file.read())
            except (SyntaxError, ValueError):
                continue
        for name in named(tree, module, is_package):
            found.update(parents(name))
    print(json.dumps(sorted(found)))


main()
