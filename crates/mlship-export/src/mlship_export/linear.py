"""What is known of a linear model's numbers where no step tells the range of its columns."""

import numpy as np

from .cuts import through
from .steps import chain


def weights(model, names):
    """The columns that reach the last step, with its weights and constants; `None` where it is none of
    weights, or is not reached by columns that are known."""
    *before, last = chain(model)
    if getattr(last, "coef_", None) is None or getattr(last, "intercept_", None) is None:
        return None
    columns = [(name, 1.0, 0.0) for name in names]
    for step in before:
        columns = columns and through(step, columns)
    coef = last.coef_.toarray() if hasattr(last.coef_, "toarray") else np.asarray(last.coef_)
    coef, constants = np.atleast_2d(coef), np.ravel(last.intercept_)
    if not columns or coef.shape[1] != len(columns) or coef.dtype.kind != "f":
        return None
    return columns, coef, np.broadcast_to(constants, coef.shape[:1])


def at_border(model, names, unknown, table, rng):
    """Moves a quarter of the rows to where two labels are about equally probable, in a column of which
    nothing is known: there the terms cancel, and only there they are seen to."""
    found = weights(model, names) if hasattr(chain(model)[-1], "classes_") else None
    if found is None:
        return
    columns, coef, constants = found
    free = [at for at, column in enumerate(columns) if column is not None and column[0] in unknown]
    if any(column is None for column in columns) or not free:
        return
    for row in range(0, len(table[names[0]]), 4):
        pair = rng.choice(len(coef), 2, replace=False) if len(coef) > 1 else None
        weight, constant = (coef[0], constants[0]) if pair is None else (coef[pair[0]] - coef[pair[1]], constants[pair[0]] - constants[pair[1]])
        at = free[rng.randint(len(free))]
        inside = np.array([(table[name][row] - move) / stretch for name, stretch, move in columns])
        rest = constant + np.delete(weight, at) @ np.delete(inside, at)
        name, stretch, move = columns[at]
        if weight[at] and np.isfinite(rest):
            table[name][row] = np.clip((rng.standard_normal() - rest) / weight[at] * stretch + move, -1e12, 1e12)


def doubts(model, unknown, tolerance):
    """What is not proven of numbers: their terms may cancel where nobody tells what the columns hold."""
    last = chain(model)[-1]
    if not unknown or hasattr(last, "classes_") or getattr(last, "coef_", None) is None or getattr(last, "intercept_", None) is None:
        return []
    constant = float(np.abs(last.intercept_).max())
    off = float(np.spacing(np.float32(constant)))
    if off <= tolerance:
        return []
    named = ", ".join(f"`{name}`" for name in unknown[:3])
    return [
        f"no step tells what {named} hold, and the constant of the linear model is {constant:.3g}: 32 bits lose up to "
        f"{off:.2g} of that, so answers smaller than {off / tolerance:.2g} are not proven; take from large columns what is common to "
        "all their values before the model is trained"
    ]
