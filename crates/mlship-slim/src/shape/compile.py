"""Compiles sources to bytecode that is loaded without a look at its source.

Reads a JSON list of `[source, name, target, keeps docstrings]` from the file that it is given, and
prints the sources that do not compile.
"""

import ast
import importlib.util
import json
import marshal
import os
import sys

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_text(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def bare(tree):
    """The tree without docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and node.body and is_text(node.body[0]):
            rest = node.body[1:]
            # What would be a docstring next, or no body at all, stays behind a `pass`.
            if not rest or is_text(rest[0]):
                rest.insert(0, ast.copy_location(ast.Pass(), node.body[0]))
            node.body = rest
    return tree


def compiled(source, name, keeps):
    text = source if keeps else bare(ast.parse(source))
    code = compile(text, name, "exec", dont_inherit=True, optimize=0)
    # The hash is there and nobody compares it: nothing depends on when or where this was written.
    return importlib.util.MAGIC_NUMBER + b"\x01\0\0\0" + importlib.util.source_hash(source) + marshal.dumps(code)


def job(path, name, target, keeps):
    with open(path, "rb") as file:
        source = file.read()
    try:
        code = compiled(source, name, keeps)
    except (SyntaxError, ValueError, RecursionError):
        return 1
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(code)
    return 0


def main():
    with open(sys.argv[1]) as file:
        jobs = json.load(file)
    running = {}
    failed = []

    def wait():
        pid, status = os.wait()
        path = running.pop(pid)
        if status == 256:
            failed.append(path)
        elif status:
            sys.exit(f"compiling {path} ended with {status}")

    for path, name, target, keeps in jobs:
        if len(running) >= 2:
            wait()
        # Each in a process of its own: what was compiled before must not show in the bytes.
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = job(path, name, target, keeps)
            finally:
                os._exit(status)
        running[pid] = path
    while running:
        wait()
    print(json.dumps(sorted(failed)))


main()
