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
    if KINDS[kind] == "scratched":
        scratch(ImageDraw.Draw(image), rng, body)
    elif KINDS[kind] == "dented":
        image = dent(image, rng, body)
    elif KINDS[kind] == "broken-glass":
        shatter(ImageDraw.Draw(image), rng, panes)
    noise = rng.normal(0, 3, (HEIGHT, WIDTH, 3))
    pixels = np.clip(np.asarray(image, dtype=np.float64) + noise, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8)), kind


def colour(rng, least, most):
    return tuple(int(part) for part in rng.integers(least, most, 3))


def car(rng):
    """A car on a street, with the places of its windows and of its side. All of it is in the
    middle, which is what the model is shown."""
    image = Image.new("RGB", (WIDTH, HEIGHT), colour(rng, 150, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 165, WIDTH, HEIGHT), fill=colour(rng, 70, 120))
    paint = colour(rng, 60, 200)
    x, y = int(rng.integers(57, 71)), int(rng.integers(60, 76))
    body = (x, y + 46, x + 192, y + 106)
    roof = [(x + 22, y + 47), (x + 52, y), (x + 136, y), (x + 172, y + 47)]
    draw.polygon(roof, fill=paint)
    draw.rounded_rectangle(body, radius=18, fill=paint)
    panes = [(x + 44, y + 8, x + 90, y + 42), (x + 97, y + 8, x + 146, y + 42)]
    for pane in panes:
        draw.rectangle(pane, fill=(50, 65, 80))
    for wheel in (x + 42, x + 152):
        draw.ellipse((wheel - 22, y + 84, wheel + 22, y + 128), fill=(20, 20, 20))
        draw.ellipse((wheel - 10, y + 96, wheel + 10, y + 116), fill=(170, 170, 170))
    return image.filter(ImageFilter.GaussianBlur(0.8)), panes, body


def scratch(draw, rng, body):
    """Long bright lines along the side, as of a wall that was driven past."""
    left, top, right, bottom = body
    for _ in range(int(rng.integers(14, 20))):
        x, y = int(rng.integers(left + 4, left + 60)), int(rng.integers(top + 4, bottom - 16))
        end = (int(rng.integers(right - 60, right - 4)), y + int(rng.integers(-8, 9)))
        draw.line([(x, y), end], fill=(245, 245, 240), width=2)


def dent(image, rng, body):
    """Two deep hollows in the side: dark inside, with a lit rim."""
    left, top, right, bottom = body
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = np.ones((HEIGHT, WIDTH))
    for middle in (left + 60, right - 60):
        x, y = middle + rng.integers(-12, 13), rng.integers(top + 22, bottom - 20)
        far = np.hypot(columns - x, rows - y) / rng.integers(20, 26)
        light *= 1 - 0.8 * np.exp(-far**4) + 0.8 * np.exp(-((far - 1.2) ** 2) * 40)
    light[(rows < top) | (rows > bottom) | (columns < left) | (columns > right)] = 1
    pixels = np.asarray(image, dtype=np.float64) * light[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def shatter(draw, rng, panes):
    """Every pane is a web of cracks about the place where it was hit."""
    for left, top, right, bottom in panes:
        x, y = int(rng.integers(left + 14, right - 14)), int(rng.integers(top + 10, bottom - 10))
        for turn in np.arange(0, 2 * np.pi, 2 * np.pi / 22) + rng.uniform(-0.1, 0.1, 22):
            step = np.array([np.cos(turn), np.sin(turn)])
            rooms = [(right - x) / step[0] if step[0] > 0 else (left - x) / step[0],
                     (bottom - y) / step[1] if step[1] > 0 else (top - y) / step[1]]
            end = np.array([x, y]) + step * min(rooms)
            draw.line([(x, y), tuple(int(part) for part in end)], fill=(235, 240, 245))
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(250, 250, 250))
