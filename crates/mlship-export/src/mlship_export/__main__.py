"""From the order on stdin to the model and the report in the files that it names."""

import importlib
import json
import sys
import warnings

from .refusal import Refusal

# Which module exports what a loader loads; each takes the order and gives the report.
EXPORTERS = {"torch": "networks", "torchscript": "networks", "fastai": "pictures", "transformers": "texts"}


def export(order):
    """The report on one model."""
    name = EXPORTERS.get(order["loader"], "estimators")
    return importlib.import_module(f".{name}", __package__).export(order)


def main():
    order = json.load(sys.stdin)
    warnings.filterwarnings("ignore")
    try:
        report = export(order)
    except Refusal as refusal:
        report = refusal.report()
    with open(order["report"], "w", encoding="utf-8") as out:
        json.dump(report, out)


if __name__ == "__main__":
    main()
