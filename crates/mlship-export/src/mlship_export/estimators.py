"""Models of rows: scikit-learn's, xgboost's, lightgbm's."""

from . import categories, linear, load, parity, rows, steps, to_onnx, unsupported, wide
from .refusal import Refusal


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
    if wide.may_be(model) and (not proof["ok"] or proof["notes"]):
        data, proof = in_64_bits(model, columns, asked, order, proof) or (data, proof)
    if proof["ok"]:
        proof["notes"] += linear.doubts(model, rows.not_told(model, width, columns), order["tolerance"])
        data = to_onnx.signed(data, model, columns, proof, categories.only(model, columns))
        with open(order["out"], "wb") as out:
            out.write(data)
    return proof


def in_64_bits(model, columns, asked, order, narrow):
    """The same with numbers in 64 bits, in which steps before trees compute: where that is proven, and
    is more than was in 32."""
    try:
        data = to_onnx.convert(model, columns, asked, order, wide=True)
        proof = parity.prove(model, columns, data, (asked, asked), order)
    except Refusal:
        return None
    is_more = not narrow["ok"] or len(proof["notes"]) < len(narrow["notes"])
    return (data, proof) if proof["ok"] and is_more else None
