"""From a file to a torch module in memory. What a pickle holds runs here, and so does the definition."""

import importlib
import importlib.util
import pathlib
import pickle
import re
import sys

import torch

from .refusal import Refusal, one_line

# Under which keys a checkpoint keeps the weights.
WEIGHTS = ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "ema"]

# What wrappers of training put before the names.
PREFIXES = ["module.", "_orig_mod.", "model.", "net."]


def load(order):
    """The module that the order names, ready to answer, in 32-bit floats."""
    if order["loader"] == "torchscript":
        return ready(scripted(order["model"]))
    definition = order.get("definition")
    make = defined(definition) if definition else None
    held = unpickled(order["model"], order.get("imports") or [])
    if isinstance(held, dict) and not isinstance(held, torch.nn.Module):
        modules = [value for value in held.values() if isinstance(value, torch.nn.Module)]
        if len(modules) == 1:
            return ready(modules[0])
        return ready(filled(make, definition, weights(held)))
    if not isinstance(held, torch.nn.Module):
        kind = type(held)
        raise Refusal("load", f"it holds a `{kind.__module__}.{kind.__qualname__}`, which is no module of torch")
    return ready(held)


def scripted(path):
    try:
        return torch.jit.load(path, map_location="cpu")
    except Exception as error:
        raise Refusal("load", one_line(error)) from None


def unpickled(path, imports):
    """What the file holds. Weights alone are read without running anything in it."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:
        pass
    try:
        try:
            return torch.load(path, map_location="cpu", weights_only=False)
        except RuntimeError as error:
            if "Invalid magic number" not in str(error):
                raise
            with open(path, "rb") as file:
                return pickle.load(file)
    except ModuleNotFoundError as error:
        reason = f"it needs the module `{error.name}`, which is not in the environment; where it is your own, name it, as in `{line_of(error.name, imports)}`"
        raise Refusal("load", reason, step=error.name) from None
    except AttributeError as error:
        named = re.search(r"Can't get attribute '(\w+)' on <module '.*__main__", str(error))
        what = f"its class `{named.group(1)}` was defined beside the training script" if named else one_line(error)
        line = f"--definition model.py:{named.group(1) if named else 'Net'}"
        raise Refusal("load", f"{what}; name the file that has it, as in `{line}`") from None
    except Exception as error:
        raise Refusal("load", one_line(error)) from None


def line_of(module, imports):
    """The line that names what the file itself imports of a module."""
    own = [name for name in imports if name.split(".")[0] == module.split(".")[0]]
    place, _, name = own[0].rpartition(".") if own else (module, "", "Net")
    return f"--definition {place if '.' in place else place + '.py'}:{name}"


def defined(definition):
    """The callable that the definition names. What is beside it in the file can be found by a pickle."""
    path = pathlib.Path(definition["file"])
    name = definition["name"]
    sys.path.insert(0, definition["root"])
    # A script in a package may have been run from beside itself.
    sys.path.append(str(path.parent))
    try:
        module = imported(definition["module"], path)
    except Exception as error:
        raise Refusal("load", f"the definition `{path.name}` does not run: {one_line(error)}") from None
    for key, value in vars(module).items():
        if not key.startswith("__"):
            setattr(sys.modules["__main__"], key, value)
    make = getattr(module, name, None)
    if not callable(make):
        raise Refusal("load", f"the definition `{path.name}` has no `{name}` that can be called")
    return make


def imported(name, path):
    """The module: one of a package by its name, so that it may import from beside itself, and one alone
    from its file, whatever else is called so."""
    if "." in name or path.name == "__init__.py":
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def weights(held):
    """The tensors by name, out of a checkpoint that may hold more."""
    if held and all(isinstance(value, torch.Tensor) for value in held.values()):
        return dict(held)
    for key in WEIGHTS:
        found = held.get(key)
        if isinstance(found, dict) and found and all(isinstance(value, torch.Tensor) for value in found.values()):
            return dict(found)
    keys = ", ".join(f"`{key}`" for key in list(held)[:12])
    raise Refusal("load", f"it is a dict without weights or a module in it; it has {keys or 'nothing'}")


def filled(make, definition, found):
    """The defined module with the weights in it."""
    if make is None:
        raise Refusal("load", f"it holds {len(found)} tensors by name and no module: name the class that was trained, as in `--definition model.py:Net`")
    name = definition["name"]
    try:
        model = make()
    except Exception as error:
        raise Refusal("load", f"`{name}()` fails: {one_line(error)}; name a callable that takes nothing") from None
    if not isinstance(model, torch.nn.Module):
        raise Refusal("load", f"`{name}()` gives a `{type(model).__name__}`, which is no module of torch")
    wanted = set(model.state_dict())
    for prefix in ["", *PREFIXES]:
        cut = {key[len(prefix):]: value for key, value in found.items() if key.startswith(prefix)}
        if wanted <= set(cut) and (prefix or set(cut) == wanted):
            found = {key: cut[key] for key in wanted} if prefix else cut
            break
    try:
        model.load_state_dict(found)
    except Exception as error:
        raise Refusal("load", f"the weights do not fit `{name}()`: {one_line(error)}") from None
    return model


def ready(model):
    """The module as it answers: not training, in 32-bit floats, on the processor."""
    return model.to("cpu").float().eval()


def class_of(model):
    """Its class, as the report names it."""
    own = getattr(model, "original_name", None)
    kind = type(model)
    return f"torch.jit.{own}" if own else f"{kind.__module__}.{kind.__qualname__}"
