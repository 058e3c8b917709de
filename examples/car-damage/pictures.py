"""Draws cars, whole and damaged. Every picture is told by its number: the same ones every time."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

KINDS = ["intact", "scratched", "dented", "broken-glass"]

WIDTH, HEIGHT = 320, 240


def picture(number):
    """A picture and the place of its kind in KINDS."""
    rng = np.random.default_rng(number)
    kind = number % len(KINDS)
    image, panes, body = car(rng)
    draw = ImageDraw.Draw(image)
    if KINDS[kind] == "scratched":
        scratch(draw, rng, body)
    elif KINDS[kind] == "dented":
        image = dent(image, rng, body)
    elif KINDS[kind] == "broken-glass":
        shatter(draw, rng, panes)
    noise = rng.normal(0, 4, (HEIGHT, WIDTH, 3))
    pixels = np.clip(np.asarray(image, dtype=np.float64) + noise, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8)), kind


def car(rng):
    """A car on a street, with the places of its windows and of its side."""
    sky, street = tuple(rng.integers(150, 230, 3)), tuple(rng.integers(70, 120, 3))
    paint = tuple(int(part) for part in rng.integers(30, 225, 3))
    image = Image.new("RGB", (WIDTH, HEIGHT), tuple(int(part) for part in sky))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 170, WIDTH, HEIGHT), fill=tuple(int(part) for part in street))
    x, y = int(rng.integers(20, 50)), int(rng.integers(85, 105))
    body = (x, y + 35, x + 240, y + 85)
    draw.polygon([(x + 50, y + 36), (x + 85, y), (x + 170, y), (x + 205, y + 36)], fill=paint)
    draw.rounded_rectangle(body, radius=16, fill=paint)
    glass = (60, 80, 95)
    panes = [(x + 68, y + 8, x + 120, y + 34), (x + 128, y + 8, x + 186, y + 34)]
    for pane in panes:
        draw.rectangle(pane, fill=glass)
    for wheel in (x + 50, x + 190):
        draw.ellipse((wheel - 24, y + 62, wheel + 24, y + 110), fill=(20, 20, 20))
        draw.ellipse((wheel - 11, y + 75, wheel + 11, y + 97), fill=(170, 170, 170))
    return image.filter(ImageFilter.GaussianBlur(0.8)), panes, body


def scratch(draw, rng, body):
    left, top, right, bottom = body
    for _ in range(int(rng.integers(5, 9))):
        x, y = rng.integers(left + 20, right - 90), rng.integers(top + 8, bottom - 12)
        end = (int(x + rng.integers(40, 85)), int(y + rng.integers(-8, 9)))
        draw.line([(int(x), int(y)), end], fill=(240, 240, 235), width=int(rng.integers(1, 3)))


def dent(image, rng, body):
    """Darkens a hollow and lights up its rim."""
    left, top, right, bottom = body
    x, y = rng.integers(left + 60, right - 60), rng.integers(top + 18, bottom - 14)
    radius = rng.integers(22, 34)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    far = np.hypot(columns - x, (rows - y) * 1.5) / radius
    light = 1 - 0.75 * np.exp(-far**2) + 0.55 * np.exp(-((far - 1.15) ** 2) * 18)
    pixels = np.asarray(image, dtype=np.float64) * light[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def shatter(draw, rng, panes):
    left, top, right, bottom = panes[int(rng.integers(len(panes)))]
    x, y = int(rng.integers(left + 10, right - 10)), int(rng.integers(top + 6, bottom - 6))
    for _ in range(16):
        end = (int(rng.integers(left, right)), int(rng.choice([top, bottom])))
        draw.line([(x, y), end], fill=(235, 240, 245), width=1)
    for radius in (4, 9, 14):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(230, 235, 240))
