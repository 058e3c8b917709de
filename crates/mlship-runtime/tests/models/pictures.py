"""Draws pictures of many kinds, and writes what torchvision makes of them.

Usage: pictures.py FOLDER. Writes NAME.EXT for each picture, NAME.PLAN.f32 for what each plan makes
of it, and pictures.json: the plans, and for each picture its file, kind, and whether Pillow
refuses it.
"""

import io
import json
import pathlib
import sys

import numpy
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import InterpolationMode

PLANS = {
    "usual": {
        "resize": 64, "crop": [56, 56], "filter": "bilinear", "channels": "rgb", "scale": 255,
        "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "layout": "nchw",
    },
    "cubic": {
        "resize": 71, "crop": [48, 63], "filter": "bicubic", "channels": "rgb", "scale": 255,
        "mean": [], "std": [], "layout": "nhwc",
    },
    "both": {
        "resize": [61, 40], "crop": None, "filter": "bicubic", "channels": "bgr", "scale": 1,
        "mean": [103.5, 116.25, 123.75], "std": [], "layout": "nchw",
    },
    "gray": {
        "resize": 33, "crop": [50, 50], "filter": "bilinear", "channels": "gray", "scale": 255,
        "mean": [0.5], "std": [0.5], "layout": "nchw",
    },
}

root = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(20)
listed = []


def drawn(width, height):
    """Soft colours with hard edges and some noise: what a photograph has."""
    rough = random.uniform(0, 255, (height // 16 + 3, width // 16 + 3, 3)).astype("uint8")
    soft = Image.fromarray(rough).resize((width, height), Image.BICUBIC)
    pixels = numpy.asarray(soft).astype(float) + random.normal(0, 6, (height, width, 3))
    for _ in range(8):
        x, y = random.integers(0, width), random.integers(0, height)
        pixels[y : y + random.integers(2, height // 3 + 4), x : x + random.integers(2, width // 3 + 4)] = (
            random.uniform(0, 255, 3)
        )
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def see_through(image):
    image = image.copy()
    image.putalpha(drawn(*image.size).convert("L"))
    return image


def keep(kind, image, form, **options):
    held = io.BytesIO()
    image.save(held, form, **options)
    add(kind, form, held.getvalue())


def add(kind, form, data):
    name = f"{len(listed):02}"
    file = f"{name}.{form.lower()}"
    (root / file).write_bytes(data)
    try:
        opened = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        opened.load()
    except Exception:
        opened = None
    listed.append({"name": name, "file": file, "kind": kind, "refused": opened is None})
    for plan, wanted in PLANS.items() if opened else []:
        made(opened, wanted).astype("float32").tofile(root / f"{name}.{plan}.f32")


def made(image, plan):
    image = image.convert("L" if plan["channels"] == "gray" else "RGB")
    mode = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
    resize = plan["resize"]
    steps = [
        transforms.Resize(resize[::-1] if isinstance(resize, list) else resize, mode[plan["filter"]])
    ]
    if plan["crop"]:
        steps.append(transforms.CenterCrop(plan["crop"][::-1]))
    steps.append(transforms.ToTensor())
    tensor = transforms.Compose(steps)(image)
    if plan["channels"] == "bgr":
        tensor = tensor.flip(0)
    if plan["scale"] == 1:
        tensor = tensor * 255
    if plan["mean"] or plan["std"]:
        count = tensor.shape[0]
        tensor = transforms.Normalize(plan["mean"] or [0] * count, plan["std"] or [1] * count)(tensor)
    tensor = tensor.numpy()
    return tensor.transpose(1, 2, 0) if plan["layout"] == "nhwc" else tensor


for size in [(64, 48), (333, 257), (37, 211), (500, 375)]:
    for quality, subsampling in [(75, 2), (92, 0), (85, 1)]:
        keep("jpeg", drawn(*size), "JPEG", quality=quality, subsampling=subsampling)
for size in [(640, 480), (101, 333)]:
    keep("jpeg progressive", drawn(*size), "JPEG", quality=80, progressive=True)
    keep("jpeg progressive", drawn(*size), "JPEG", quality=95, progressive=True, subsampling=0)
keep("jpeg", drawn(71, 93).convert("L"), "JPEG")
keep("jpeg", drawn(333, 120).convert("L"), "JPEG", progressive=True)
keep("jpeg cmyk", drawn(120, 90).convert("CMYK"), "JPEG")
keep("jpeg cmyk", drawn(90, 121).convert("CMYK"), "JPEG", progressive=True)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    keep("jpeg turned", drawn(140, 97), "JPEG", exif=exif)
exif = Image.Exif()
exif[0x0112] = 6
keep("png turned", drawn(97, 61), "PNG", exif=exif)
keep("webp turned", drawn(97, 61), "WEBP", lossless=True, exif=exif)
for mode in ["L", "LA", "P", "RGB", "RGBA", "1"]:
    image = see_through(drawn(150, 111)) if mode in ("LA", "RGBA") else drawn(150, 111)
    keep(f"png {mode}", image.convert(mode), "PNG")
keep("png P 16 colours", drawn(99, 50).quantize(16), "PNG", transparency=3)
deep = (numpy.arange(90 * 70, dtype="uint16") * 11 % 400).reshape(70, 90)
keep("png I;16", Image.fromarray(deep), "PNG")
keep("png tiny", drawn(1, 1), "PNG")
keep("png narrow", drawn(300, 9), "PNG")
keep("png exact", drawn(64, 64), "PNG")
keep("png wide", drawn(1024, 700), "PNG")
for mode in ["L", "P", "RGB", "1"]:
    keep(f"bmp {mode}", drawn(121, 86).convert(mode), "BMP")
keep("bmp RGBA", see_through(drawn(66, 41)), "BMP")
keep("gif", drawn(121, 86).quantize(200), "GIF")
keep("gif", drawn(75, 86).convert("L"), "GIF", interlace=1)
keep("gif", drawn(40, 86).quantize(16), "GIF", transparency=2)
keep("webp", drawn(120, 99), "WEBP", lossless=True)
keep("webp", see_through(drawn(99, 120)), "WEBP", lossless=True, exact=True)
keep("webp lossy", drawn(200, 150), "WEBP", quality=80)
keep("webp lossy", drawn(311, 255), "WEBP", quality=40)
whole = [listed[place]["file"] for place in range(len(listed))]
for form in ["JPEG", "PNG", "WEBP", "GIF", "BMP"]:
    data = (root / next(file for file in whole[3:] if file.endswith(form.lower()))).read_bytes()
    add(f"cut {form}", form, data[: len(data) // 2])
add("no picture", "PNG", b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
(root / "pictures.json").write_text(json.dumps({"plans": PLANS, "pictures": listed}))
