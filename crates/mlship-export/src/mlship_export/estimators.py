"""Models of rows: scikit-learn's, xgboost's, lightgbm's."""

from . import categories, linear, load, parity, rows, steps, to_onnx, unsupported


def export(order):
    """The report on one model; the ONNX file is written when it is the same."""
    model = load.load(order)
    categories.refuse_coded(model)
    unsupported.refuse(model)
    width, columns = steps.columns(model, order)
    asked = rows.rows(model, width, columns, order)
    table = rows.in_32_bits(asked)
    data = to_onnx.convert(model, columns, table, order)
    proof = parity.prove(model, columns, data, (asked, table), order)
    if proof["ok"]:
        proof["notes"] += linear.doubts(model, rows.not_told(model, width, columns), order["tolerance"])
        data = to_onnx.signed(data, model, columns, proof, categories.only(model, columns))
        with open(order["out"], "wb") as out:
            out.write(data)
    return proof
