"""Lets a handler of the user's own answer requests, with the paths and problems of the runtime.

The handler's module is loaded, and its `load()` called, before the first request is taken.
"""

import importlib
import json
import os
import sys
import traceback

import flask

HERE = os.path.dirname(os.path.abspath(__file__))

# The longest request that Google hands on, in bytes.
LONGEST = 32 << 20

ROUTES = {
    "/": ("POST",),
    "/predict": ("POST",),
    "/healthz": ("GET", "HEAD"),
    "/readyz": ("GET", "HEAD"),
}

TITLES = {
    "not-json": (400, "The body is not JSON"),
    "not-found": (404, "Nothing is here"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "body-too-large": (413, "The body is too large"),
    "failed": (500, "The prediction failed"),
}


class Problem(Exception):
    """What is wrong with a request or its answer."""

    def __init__(self, slug, detail, allow=None):
        super().__init__(detail)
        self.slug, self.detail, self.allow = slug, detail, allow


def load():
    """The handler that the manifest names, ready to be called."""
    with open(os.path.join(HERE, "mlship.json"), encoding="utf-8") as settings:
        module, _, function = json.load(settings)["handler"].partition(":")
    sys.path.insert(0, HERE)
    loaded = importlib.import_module(module)
    prepare = getattr(loaded, "load", None)
    if callable(prepare) and function != "load":
        prepare()
    return getattr(loaded, function)


handler = load()


def predict(request):
    """Every request, whatever its path."""
    try:
        return answer(request)
    except Problem as wrong:
        return problem(wrong)


def answer(request):
    allowed = ROUTES.get(request.path)
    if allowed is None:
        raise Problem("not-found", "the paths are `/predict`, `/healthz` and `/readyz`")
    if request.method not in allowed:
        allow = ", ".join(allowed)
        raise Problem("method-not-allowed", f"this path takes {allow}", allow)
    if request.path == "/healthz":
        return reply(b'{"status":"alive"}')
    if request.path == "/readyz":
        return reply(b'{"status":"ready"}')
    body = request.stream.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise Problem("body-too-large", f"it has more than {LONGEST} bytes")
    return reply(to_json(call(from_json(body))))


def from_json(body):
    try:
        return json.loads(body, parse_constant=no_number)
    except RecursionError:
        raise Problem("not-json", "it is nested too deeply") from None
    except ValueError as error:
        raise Problem("not-json", str(error)) from None


def no_number(word):
    raise ValueError(f"`{word}` is no JSON")


def call(asked):
    try:
        return handler(asked)
    except Exception as error:
        log(traceback.format_exc())
        raise Problem("failed", f"the handler raised `{type(error).__qualname__}`") from None


def to_json(found):
    try:
        text = json.dumps(found, default=plain, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except Problem as wrong:
        log(wrong.detail)
        raise
    except (TypeError, ValueError, RecursionError) as error:
        detail = f"the handler's answer, of the type `{name(found)}`, is no JSON: {error}"
        log(detail)
        raise Problem("failed", detail) from None


def plain(value):
    """A list or a number, of an array or a number of a numeric library."""
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    raise Problem("failed", f"the handler's answer has a value of the type `{name(value)}`")


def name(value):
    kind = type(value)
    own = kind.__module__ == "builtins"
    return kind.__qualname__ if own else f"{kind.__module__}.{kind.__qualname__}"


def log(message):
    """One line, as Google's logs take it."""
    print(json.dumps({"severity": "ERROR", "message": message}), file=sys.stderr, flush=True)


def reply(body):
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return flask.Response(body, 200, headers)


def problem(wrong):
    status, title = TITLES[wrong.slug]
    said = {
        "type": f"urn:mlship:problem:{wrong.slug}",
        "title": title,
        "status": status,
        "detail": wrong.detail,
    }
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if wrong.allow:
        headers["allow"] = wrong.allow
    return flask.Response(json.dumps(said), status, headers)
