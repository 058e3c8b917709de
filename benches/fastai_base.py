"""The root of the base image of `fastai_image.py`: Python 3.11, torch, torchvision and fastai.

Debian's Python, torch and torchvision are copied to where Debian has them, with the libraries that
they need; fastai and what it needs comes from the test environment. What no program reads is left
out, bytecode is not.
"""

import os
import pathlib
import shutil
import subprocess

from cold_start import ROOT
from slim_torch import DEBIAN, PACKAGES, PYTHON

TORCH = ROOT / ".tools/torch"
TORCH_PYTHON = str(TORCH / "bin/python")
LIBRARY = pathlib.Path("/usr/lib/python3.11")
# What fastai needs of Debian's packages besides those of torch.
DEBIAN_TOO = ["psutil", "yaml"]
# It, and what it needs, in the test environment.
FASTAI = [
    "cloudpickle", "contourpy", "cycler", "dateutil", "fastai", "fastcore", "fastdownload", "fastprogress", "joblib",
    "kiwisolver", "matplotlib", "mpl_toolkits", "packaging", "pandas", "pyparsing", "pytz", "scikit_learn.libs",
    "scipy", "scipy.libs", "six.py", "sklearn", "threadpoolctl.py", "tqdm", "tzdata",
]  # fmt: skip
# Libraries of C that are looked for by name while a program runs.
NAMED = ["libgcc_s.so.1", "libstdc++.so.6", "librt.so.1", "libdl.so.2", "libpthread.so.0"]
UNUSED = shutil.ignore_patterns("tests", "test", "include", "idlelib", "tkinter", "ensurepip")


def below(root: pathlib.Path, path: pathlib.Path | str) -> pathlib.Path:
    """Where something of this machine is in a root."""
    to = root / str(path).lstrip("/")
    to.parent.mkdir(parents=True, exist_ok=True)
    return to


def gather(root: pathlib.Path) -> None:
    """Makes the root."""
    for name in ["lib", "lib64"]:
        below(root, f"/usr/{name}").mkdir()
        (root / name).symlink_to(f"usr/{name}")
    theirs, local = TORCH / "lib/python3.11/site-packages", "/usr/local/lib/python3.11/dist-packages"
    copies = {LIBRARY: LIBRARY, pathlib.Path(PYTHON): PYTHON}
    copies |= {DEBIAN / name: DEBIAN / name for name in PACKAGES + DEBIAN_TOO}
    copies |= {theirs / name: f"{local}/{name}" for name in FASTAI}
    for source, to in copies.items():
        if source.is_dir():
            # Links stay links: those of Debian's torch lead to its libraries.
            shutil.copytree(source, below(root, to), symlinks=True, ignore=UNUSED)
        else:
            shutil.copy2(source, below(root, to))
    for path in needed(copies):
        to = below(root, path)
        if not to.exists():
            shutil.copy2(os.path.realpath(path), to)


def needed(sources) -> list[str]:
    """The libraries of C that links in there lead to, and that programs and libraries are linked with."""
    linked = [path for source in sources for path in source.rglob("*.so*") if path.is_file()]
    told = subprocess.run(["ldd", PYTHON, *linked], capture_output=True, text=True, check=False).stdout
    words = [line.split() for line in told.splitlines()]
    found = [line[2] if "=>" in line else line[0] for line in words]
    found += [os.path.normpath(path.parent / path.readlink()) for path in linked if path.is_symlink()]
    found += [f"/lib/x86_64-linux-gnu/{name}" for name in NAMED]
    return sorted({path for path in found if path.startswith(("/lib", "/usr/lib/x86")) and not path.endswith(":")})
