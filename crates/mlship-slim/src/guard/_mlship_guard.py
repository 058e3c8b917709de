"""Says by name which module is not in this package, instead of leaving it to be guessed.

The host calls `install()` before anything else is imported, and `latest()` behind each request: a
library may swallow the error, and what it answers then is not what it would have answered.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_INSIDE = _HERE + os.sep
_misses = {}
_latest = {}


class PrunedModuleError(ModuleNotFoundError):
    """A module that was left out because no sample used it."""


def misses():
    """The modules that were asked for and left out, in order: name, distribution, served or not."""
    return list(_misses.values())


def latest():
    """Those of them that were asked for since this was last called, however often before."""
    found = list(_latest.values())
    _latest.clear()
    return found


def advice(module, distribution):
    """What is missing, and what to write so that it is not: the package around it, since what is
    missing of one is seldom alone."""
    package, _, _ = module.rpartition(".")
    keep = package if "." in package else module
    return (
        f"module `{module}` of `{distribution}` is not in this package, because no sample used"
        f" it; add `keep: [{keep}]` under `python` in the manifest, or a sample that uses it,"
        " and package again"
    )


def install():
    """Puts the guard before the finder of files: what was left out must come from here, and not from
    another version that the host has. A second time does nothing."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    finders = sys.meta_path
    place = finders.index(PathFinder) if PathFinder in finders else len(finders)
    finders.insert(place, _Finder())


class _Finder:
    def __init__(self):
        self._index = None

    def find_spec(self, name, path=None, target=None):
        found = PathFinder.find_spec(name, path)
        # What is there, which is nearly all, must not cost more than this.
        if found is not None and found.origin is not None:
            if found.origin.startswith(_INSIDE) or _comes_first(name, found):
                return found
        return self._pruned(name) or found

    def _pruned(self, name):
        if self._index is None:
            with open(os.path.join(_HERE, "_mlship_guard.json"), encoding="utf-8") as file:
                self._index = json.load(file)
        known = self._index["modules"].get(name)
        if known is None:
            return None
        distribution = self._index["distributions"][known[0]]
        is_package, served = bool(known[1]), bool(known[2])
        kind = _Served if served else _Refused
        place = os.path.join(_HERE, *name.split("."))
        file = os.path.join(place, "__init__.pyc") if is_package else place + ".pyc"
        loader = kind(name, distribution, file, is_package)
        spec = ModuleSpec(name, loader, origin=file, is_package=is_package)
        if is_package:
            spec.submodule_search_locations = [place]
        spec.has_location = served
        return spec


def _comes_first(name, found):
    """Whether a module is the standard library's, or in a folder that is searched before this."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    place = os.path.abspath(found.origin)
    for _ in range(name.count(".") + 1 + (found.submodule_search_locations is not None)):
        place = os.path.dirname(place)
    for folder in map(os.path.abspath, filter(_is_text, sys.path)):
        if folder in (place, _HERE):
            return folder == place
    return False


def _is_text(folder):
    return isinstance(folder, str)


class _Refused:
    """Answers that a module exists, and refuses to load it."""

    served = False

    def __init__(self, name, distribution, file, is_package):
        self._name = name
        self._distribution = distribution
        self._file = file
        self._is_package = is_package

    def create_module(self, spec):
        return None

    def is_package(self, name):
        return self._is_package

    def get_filename(self, name):
        return self._file

    def get_source(self, name):
        return None

    def _note(self):
        told = {"module": self._name, "distribution": self._distribution, "served": self.served}
        _misses.setdefault(self._name, told)
        _latest[self._name] = told

    def exec_module(self, module):
        self._note()
        raise PrunedModuleError(advice(self._name, self._distribution), name=self._name)


class _Served(_Refused):
    """Loads a module from the archive of what was left out."""

    served = True

    def get_code(self, name):
        import marshal
        import zipimport

        archive = zipimport.zipimporter(os.path.join(_HERE, "_mlship_rest.zip"))
        data = archive.get_data(os.path.relpath(self._file, _HERE))
        return marshal.loads(memoryview(data)[16:])

    def exec_module(self, module):
        self._note()
        exec(self.get_code(self._name), module.__dict__)
