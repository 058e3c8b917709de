"""What 32 bits do to a model: rows so near a border that the last bit decides, and rows that are other
rows when their numbers are rounded. Both are asked of the model itself.
"""

import numpy as np

# How far a number is moved to find out whether a border is near, in its own measure: a few of the
# smallest steps of 32 bits, as what is computed before the border loses some too.
NUDGE = 2.0**-22

# The share of rows that may lie so. More are no chance: there 32 bits are too few.
SHARE = 0.005


def few(rows):
    """How many of so many rows may lie at a border."""
    return max(1, int(rows * SHARE))


def nudged(table, by):
    """The rows with each number a little more or less."""
    moved = {}
    for name, values in table.items():
        if values.dtype.kind == "f":
            values = values.astype(np.float64)
            sizes = np.abs(values)
            usual = np.nanmedian(sizes, axis=0) if np.isfinite(sizes).any() else 0.0
            values = values + by * NUDGE * np.fmax(sizes, usual)
        moved[name] = values
    return moved


def otherwise(said, other, kinds, rows, tolerance):
    """The rows in which two answers of the model itself are not alike."""
    found = False
    for kind in kinds:
        found = found | differing(said[kind], other[kind], rows, tolerance)
    return found


def differing(one, other, rows, tolerance):
    if one.dtype.kind != "f":
        return by_row(one != other, rows).any(axis=1)
    return by_row(apart(other, one), rows).max(axis=1) > tolerance


def by_row(values, rows):
    """A table of so many rows: of several labels some answers have the labels first."""
    if len(values) != rows and values.ndim > 1 and values.shape[1] == rows:
        values = np.moveaxis(values, 1, 0)
    return values.reshape(rows, -1) if len(values) == rows else np.broadcast_to(values.ravel(), (rows, values.size))


def apart(got, answer):
    """How far numbers are apart, in the measure of the largest where that is above one; infinitely
    where only one is a number."""
    sizes = np.abs(answer[np.isfinite(answer)])
    with np.errstate(all="ignore"):
        far = np.abs(got - answer) / max(1.0, sizes.max() if sizes.size else 1.0)
    far = np.where((np.isnan(got) & np.isnan(answer)) | (got == answer), 0.0, far)
    return np.where(np.isnan(far), np.inf, far)


def steps(values):
    """The steps that 32 bits have at the size of a column, where they are large enough to tell of."""
    sizes = np.abs(values[np.isfinite(values)])
    return float(np.spacing(np.float32(np.median(sizes)))) if sizes.size else 0.0
