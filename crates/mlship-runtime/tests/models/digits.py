"""Writes scikit-learn's digits as JSON. Usage: digits.py FILE"""

import json
import sys

from sklearn.datasets import load_digits

digits = load_digits()
images = (digits.images / 16).reshape(-1, 1, 8, 8)
with open(sys.argv[1], "w") as file:
    json.dump({"images": images.tolist(), "labels": digits.target.tolist()}, file)
