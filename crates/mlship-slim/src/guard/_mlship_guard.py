"""Says by name which module is not in this package, instead of leaving it to be guessed.

The host calls `install()` before anything else is imported, and `latest()` behind each request: a
library may swallow the error, and what it answers then is not what it would have answered.
"""

import json
import os
import sys
from _thread import allocate_lock
from importlib.machinery import ModuleSpec, PathFinder, SourcelessFileLoader

_HERE = os.path.dirname(os.path.abspath(__file__))
_INSIDE = _HERE + os.sep

# The folders of the standard library.
_LIBRARY = [os.path.dirname(os.path.abspath(os.__file__))]
_LIBRARY.append(os.path.join(_LIBRARY[0], "lib-dynload"))

# What the index says of a module beside its distribution: a package has an `__init__`, and a folder
# with modules may have none.
_PACKAGE, _FOLDER = 1, 2

# How the names of folders begin into which packages are unpacked.
_PREFIX = "mlship-unpacked-"

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
        return self._pruned(name, found) or found

    def _pruned(self, name, found):
        if self._index is None:
            with open(os.path.join(_HERE, "_mlship_guard.json"), encoding="utf-8") as file:
                self._index = json.load(file)
        known = self._index["modules"].get(name)
        if known is None or (known[1] == _FOLDER and found is not None):
            return None
        distribution = self._index["distributions"][known[0]]
        is_package, served = known[1] == _PACKAGE, bool(known[2])
        place = os.path.join(_HERE, *name.split("."))
        if known[1] == _FOLDER:
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [place]
            return spec
        file = os.path.join(place, "__init__.pyc") if is_package else place + ".pyc"
        whole = self._whole(name) if served else None
        if whole:
            loader = _Unpacked(name, distribution, file, is_package, whole)
        else:
            loader = (_Served if served else _Refused)(name, distribution, file, is_package)
        spec = ModuleSpec(name, loader, origin=file, is_package=is_package)
        if is_package:
            spec.submodule_search_locations = [place]
        spec.has_location = served
        return spec

    def _whole(self, name):
        """The outermost package that was left out whole, of those that a module is in or is."""
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            package = ".".join(parts[:length])
            known = self._index["modules"].get(package)
            if known is not None and known[1] == _PACKAGE:
                return package
        return None


def _comes_first(name, found):
    """Whether a module is the standard library's, or in a folder that is searched before this."""
    place = os.path.abspath(found.origin)
    for _ in range(name.count(".") + 1 + (found.submodule_search_locations is not None)):
        place = os.path.dirname(place)
    if place in _LIBRARY:
        return True
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

    def note(self):
        told = {"module": self._name, "distribution": self._distribution, "served": self.served}
        _misses.setdefault(self._name, told)
        _latest[self._name] = told

    def exec_module(self, module):
        self.refuse()

    def refuse(self, error=None):
        self.served = False
        self.note()
        told = advice(self._name, self._distribution)
        if error is not None:
            told += f"; the archive of what was left out cannot be read: {error}"
        raise PrunedModuleError(told, name=self._name) from error


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
        try:
            code = self.get_code(self._name)
        except Exception as error:
            self.refuse(error)
        self.note()
        exec(code, module.__dict__)


class _Unpacked(_Refused, SourcelessFileLoader):
    """Loads a module of a package that was left out whole. All of the package is taken out of the
    archive when the first of it is loaded or read, so that its files are where it looks for them."""

    served = True

    def __init__(self, name, distribution, file, is_package, whole):
        _Refused.__init__(self, name, distribution, file, is_package)
        self.name = name
        self._whole = whole

    @property
    def path(self):
        return os.path.join(_folder.with_package(self._whole), os.path.relpath(self._file, _HERE))

    def get_filename(self, name=None):
        return self.path

    def create_module(self, spec):
        try:
            spec.origin = spec.cached = self.path
        except Exception as error:
            self.refuse(error)
        if self._is_package:
            spec.submodule_search_locations = [os.path.dirname(spec.origin)]
        return None

    def exec_module(self, module):
        self.note()
        SourcelessFileLoader.exec_module(self, module)


class _Folder:
    """A folder of this process alone, for packages out of the archive."""

    def __init__(self):
        self._lock = allocate_lock()
        self._path = None
        self._held = None
        self._process = None
        self._has = set()

    def with_package(self, package):
        with self._lock:
            if self._path is None:
                import atexit

                _remove_left()
                self._path, self._held = _made()
                self._process = os.getpid()
                atexit.register(self.remove)
            if package not in self._has:
                import zipfile

                start = package.replace(".", "/") + "/"
                with zipfile.ZipFile(os.path.join(_HERE, "_mlship_rest.zip")) as archive:
                    names = [name for name in archive.namelist() if name.startswith(start)]
                    archive.extractall(self._path, names)
                self._has.add(package)
            return self._path

    def remove(self):
        """Removes it at the end of the process that made it, and not of one that came out of it."""
        if self._path is not None and self._process == os.getpid():
            import shutil

            shutil.rmtree(self._path, ignore_errors=True)
            os.close(self._held)
            self._path = self._held = None
            self._has.clear()


def _made():
    """A new folder, and the lock on it, which lasts as long as a process has it."""
    import fcntl
    import tempfile

    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX)
        try:
            held = os.open(path, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
            os.stat(path)
        except FileNotFoundError:
            # Another process took it for one that was left, before it was locked.
            continue
        return path, held


def _remove_left():
    """Removes the folders that processes left which were killed: nobody holds those."""
    import fcntl
    import shutil
    import tempfile

    root = tempfile.gettempdir()
    for name in os.listdir(root):
        if not name.startswith(_PREFIX):
            continue
        path = os.path.join(root, name)
        try:
            held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if os.fstat(held).st_uid == os.geteuid():
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            # It is held.
            pass
        finally:
            os.close(held)


_folder = _Folder()


def remove_unpacked():
    """Removes what was taken out of the archive, for a process that ends without its own end."""
    _folder.remove()
