"""Models of rows: scikit-learn's, xgboost's, lightgbm's."""

from . import categories, load, parity, rows, steps, to_onnx


def export(order):
    """The report on one model; the ONNX file is written when it is the same."""
    model = load.load(order)
    categories.refuse_coded(model)
    width, columns = steps.columns(model, order)
    table = rows.rows(model, width, columns, order)
    data = to_onnx.convert(model, columns, table, order)
    proof = parity.prove(model, columns, data, table, order)
    if proof["ok"]:
        data = to_onnx.signed(data, model, columns, proof, categories.only(model, columns))
        with open(order["out"], "wb") as out:
            out.write(data)
    return proof
