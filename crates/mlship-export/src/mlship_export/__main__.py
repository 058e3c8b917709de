"""From the order on stdin to the model and the report in the files that it names."""

import json
import sys
import warnings

from . import load, parity, rows, steps, to_onnx
from .refusal import Refusal


def export(order):
    """The report on one model."""
    model = load.load(order)
    width, columns = steps.columns(model, order)
    table = rows.rows(model, width, columns, order)
    data = to_onnx.convert(model, columns, table, order)
    proof = parity.prove(model, columns, data, table, order)
    if proof["ok"]:
        data = to_onnx.signed(data, model, columns, proof)
        with open(order["out"], "wb") as out:
            out.write(data)
    return proof


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
