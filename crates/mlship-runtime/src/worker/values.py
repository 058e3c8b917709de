"""From a request's bytes to what a function gets, and from what it gives to an answer.

The first part of the program that the runtime sends to the worker; worker.py is the rest of it.
"""

import sys

# What is beside the current folder is not this program's.
sys.path[:] = [folder for folder in sys.path if folder]

import io
import json

# Frames of the runtime's, and ours.
BEGIN, CALL = b"b", b"c"
READY, REFUSED, JSON, BYTES, PROBLEM = b"r", b"x", b"j", b"o", b"p"


class Problem(Exception):
    """What is wrong with a request or with its answer, by a kind that the runtime knows."""

    def __init__(self, kind, detail, error=None):
        super().__init__(detail)
        self.kind, self.detail, self.error = kind, detail, error


def asks_for_picture(function):
    """Whether the first annotation of a function is Pillow's picture."""
    try:
        annotations = dict(function.__annotations__)
    except Exception:
        return False
    annotations.pop("return", None)
    annotations.pop("media_type", None)
    asked = next(iter(annotations.values()), None)
    if isinstance(asked, str):
        return asked.strip("\"'").split(".")[-1] == "Image"
    module = getattr(asked, "__module__", "") or ""
    return module.split(".")[0] == "PIL" and getattr(asked, "__name__", "") == "Image"


def from_json(body):
    try:
        return json.loads(body)
    except RecursionError:
        raise Problem("not-json", "it is nested too deeply") from None
    except ValueError as error:
        raise Problem("not-json", str(error)) from None


def from_text(media_type, body):
    charset = "utf-8"
    for parameter in media_type.split(";")[1:]:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip("\"'")
    try:
        return body.decode(charset)
    except LookupError:
        raise Problem("unsupported-media-type", f"`{charset}` is no known charset") from None
    except ValueError:
        raise Problem("malformed", f"the text is not of the charset `{charset}`") from None


def from_npy(body):
    try:
        import numpy
    except ImportError:
        return body
    try:
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, TypeError) as error:
        raise Problem("malformed", f"the array cannot be read: {error}") from None


def picture_in(kind, media_type, body):
    """The first file of a form, or the body as it is."""
    if kind != "multipart/form-data":
        return body
    from email.parser import BytesParser

    head = b"content-type: " + media_type.encode("latin-1", "replace") + b"\r\n\r\n"
    for part in BytesParser().parsebytes(head + body).walk():
        if part.get_filename() or part.get_content_maintype() == "image":
            return part.get_payload(decode=True) or b""
    raise Problem("broken-form", "the form has no file")


def picture_of(found):
    """The bytes of a picture in JSON: base64 or a data URL, alone or in the one field there is."""
    while isinstance(found, dict) and len(found) == 1:
        (found,) = found.values()
    if not isinstance(found, str):
        raise Problem("bad-image", "in JSON a picture is base64, alone or in a field of its own")
    if found.startswith("data:"):
        found = found.partition(",")[2]
    import base64

    try:
        return base64.b64decode(found, validate=True)
    except ValueError as error:
        raise Problem("bad-image", f"it is no base64: {error}") from None


def from_picture(body):
    try:
        from PIL import Image
    except ImportError as error:
        detail = "the handler takes a picture of Pillow, which is not installed"
        raise Problem("failed", detail, error) from None
    try:
        picture = Image.open(io.BytesIO(body))
        picture.load()
        return picture
    except Exception as error:
        raise Problem("bad-image", f"Pillow cannot read it: {name(error)}") from None


def of_bytes(media_type, body):
    media_type = media_type.encode("ascii", "replace")
    return BYTES, (len(media_type).to_bytes(2, "big"), media_type, bytes(body))


def to_json(found):
    try:
        return dumped(found)
    except Problem:
        raise
    except RecursionError:
        raise Problem("failed", "the handler's answer is nested too deeply") from None
    except ValueError as error:
        if "ircular" in str(error):
            raise Problem("failed", "the handler's answer holds itself") from None
    except TypeError:
        pass
    fault = first_fault(found, "")
    if fault:
        raise Problem("failed", f"the handler's answer is no JSON: {fault}") from None
    return dumped(finite(found))


def dumped(found):
    text = json.dumps(found, default=plain, allow_nan=False, separators=(",", ":"))
    return text.encode()


def plain(value):
    """What JSON has for a value that it lacks."""
    found = simple(value)
    if found is value:
        raise TypeError
    return found


def simple(value):
    """The list, number, text or null for what a library has of these; anything else as it is."""
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        # In finer units they would be whole numbers.
        value = value.astype("datetime64[us]")
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        found = to_list()
        # Of a number that is longer than Python's.
        return float(found) if type(found) is type(value) else found
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    in_text = getattr(value, "isoformat", None)
    return in_text() if callable(in_text) else value


def first_fault(value, place):
    """What is no JSON, and where."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return None
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (key is None or isinstance(key, (bool, int, float, str))):
                return f"a key of the type `{name(key)}` in `{place or '/'}`"
            fault = first_fault(inner, f"{place}/{key}")
            if fault:
                return fault
        return None
    if isinstance(value, (list, tuple)):
        faults = (first_fault(inner, f"{place}/{at}") for at, inner in enumerate(value))
        return next(filter(None, faults), None)
    found = simple(value)
    if found is not value:
        return first_fault(found, place)
    where = f" at `{place}`" if place else ""
    instead = '; give its `.to_dict("records")`' if hasattr(value, "to_dict") else ""
    return f"a value of the type `{name(value)}`{where}{instead}"


def finite(value):
    """The same with null for every number that JSON lacks."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    found = simple(value)
    return value if found is value else finite(found)


def name(value):
    kind = type(value)
    own = kind.__module__ == "builtins"
    return kind.__qualname__ if own else f"{kind.__module__}.{kind.__qualname__}"
