"""Pictures of cars as files, and what torchvision makes of those files.

    /usr/bin/python3 car_reference.py EXAMPLE FOLDER NUMBER...

Writes NUMBER.jpg and NUMBER.npy (1, 3, 224, 224) of each. Debian's Python has torchvision and no
onnxruntime; what reads them has it the other way round.
"""

import pathlib
import sys

import numpy
from PIL import Image

example, folder, numbers = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
sys.dont_write_bytecode = True
sys.path.insert(0, example)

from pictures import picture
from train import PREPARE

for number in numbers:
    image, _ = picture(int(number))
    image.save(folder / f"{number}.jpg", "JPEG", quality=85)
    prepared = PREPARE(Image.open(folder / f"{number}.jpg"))
    numpy.save(folder / f"{number}.npy", prepared[None].numpy())
