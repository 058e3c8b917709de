"""Writes rows in the forms that a request may have. Usage: forms.py ROWS.json FOLDER COLUMN...

The columns are in the manifest's order. `.npy` is written where every column is a number.
"""

import json
import pathlib
import sys

import numpy
import pandas
import pyarrow
from pyarrow import ipc

rows = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
columns = sys.argv[3:]
table = pandas.DataFrame(rows)[columns]
other_order = table[columns[::-1]]

lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
(folder / "rows.jsonl").write_text(lines)
other_order.to_csv(folder / "rows.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
table.to_csv(folder / "headless.csv", index=False, header=False)

texts = [name for name in columns if isinstance(rows[0][name], str)]
if not texts:
    numbers = table.to_numpy(dtype="float64")
    numpy.save(folder / "rows.npy", numpy.ascontiguousarray(numbers))
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(numbers))

# Text as dictionaries, and several batches.
for name in texts:
    other_order = other_order.assign(**{name: other_order[name].astype("category")})
arrow = pyarrow.Table.from_pandas(other_order, preserve_index=False)
with ipc.new_stream(folder / "rows.arrows", arrow.schema) as writer:
    writer.write_table(arrow, max_chunksize=37)
plain = pyarrow.Table.from_pylist([{name: row[name] for name in columns} for row in rows])
with ipc.new_file(folder / "rows.arrow", plain.schema) as writer:
    writer.write_table(plain, max_chunksize=41)
