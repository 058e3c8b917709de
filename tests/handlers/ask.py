"""Asks handlers as the worker does: each pair of arguments is the folder of an app.py and a request. Prints
a list of what they answer."""

import importlib.util
import json
import pathlib
import sys

answers = []
for folder, request in zip(sys.argv[1::2], sys.argv[2::2]):
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("app", pathlib.Path(folder) / "app.py")
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    app.load()
    answers.append(app.predict(json.loads(request)))
json.dump(answers, sys.stdout, default=lambda array: array.tolist())
