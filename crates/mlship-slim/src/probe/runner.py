"""Answers requests with a handler, and writes down what it answered and what it touched.

Arguments: a JSON file that says what to run. Everything that is read is outside of the packages,
so that nothing here is taken for something that the handler needs.
"""

import faulthandler
import json
import os
import sys
import time

FINDER = "<frozen importlib"


class Watch:
    """What Python itself knows of the files that are touched."""

    def __init__(self):
        self.opened = set()
        self.listed = set()
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if event == "open":
            if isinstance(arguments[0], str):
                self.opened.add(arguments[0])
        elif event in ("os.listdir", "os.scandir"):
            if not sys._getframe(1).f_code.co_filename.startswith(FINDER):
                self.listed.add(folder(arguments[0]))
        elif event == "ctypes.dlopen" and arguments[0]:
            self.opened.add(os.fsdecode(arguments[0]))

    def told(self):
        mapped = set()
        try:
            with open("/proc/self/maps") as lines:
                for line in lines:
                    words = line.rstrip("\n").split(None, 5)
                    if len(words) == 6 and words[5].startswith("/"):
                        mapped.add(words[5])
        except OSError:
            pass
        modules = set()
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str):
                modules.add(file)
        kinds = {"opened": self.opened, "listed": self.listed, "mapped": mapped, "modules": modules}
        return {kind: sorted(os.path.abspath(path) for path in paths) for kind, paths in kinds.items()}


def folder(named):
    """A folder that is listed by its path, or by the number that it is open under."""
    if isinstance(named, int):
        return os.readlink(f"/proc/self/fd/{named}")
    return os.fsdecode(named or ".")


class Patience:
    """Ends the process when a step takes too long, and writes down which it was, and where."""

    def __init__(self, path, seconds):
        self.file = open(path, "w")
        self.seconds = seconds

    def begin(self, step):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(json.dumps(step) + "\n")
        self.file.flush()
        # It waits in a thread that needs nothing of Python, so native code is ended too.
        faulthandler.dump_traceback_later(self.seconds, exit=True, file=self.file)

    def end(self):
        faulthandler.cancel_dump_traceback_later()


def through(trace):
    """The files of a traceback; the module `traceback` would read the sources too."""
    files = []
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return files


def failure(error):
    """An error: its kind, its words, and the files that it went through, innermost last."""
    files = []
    seen = set()
    link = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        files = through(link.__traceback__) + files
        link = link.__cause__ or link.__context__
    name = type(error).__name__
    if type(error).__module__ != "builtins":
        name = type(error).__module__ + "." + name
    return {"kind": name, "message": str(error), "files": files}


def plain(value):
    """What the host makes JSON of, and Python alone does not."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).hex()}
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"`{type(value).__name__}` is no JSON")


def takes_picture(predict):
    """Whether the first parameter is annotated with Pillow's picture."""
    annotations = getattr(predict, "__annotations__", {}).items()
    asked = next((kind for name, kind in annotations if name not in ("return", "media_type")), "")
    if not isinstance(asked, str):
        asked = f"{getattr(asked, '__module__', '')}.{getattr(asked, '__name__', '')}"
    return asked.strip("\"'").split(".")[-1] == "Image"


def asked(predict, text):
    """What a handler is given: of a picture in JSON the picture, where it asks for one."""
    request = json.loads(text)
    if not takes_picture(predict):
        return request
    while isinstance(request, dict) and len(request) == 1:
        (request,) = request.values()
    import base64
    import io
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(request.rpartition(",")[2], validate=True)))
    picture.load()
    return picture


def answer(predict, text):
    """The answer to a request as the text that a host would send."""
    try:
        return {"value": json.dumps(predict(asked(predict, text)), default=plain)}
    except BaseException as error:
        return {"error": failure(error)}


def run(told, wanted, patience):
    patience.begin(None)
    begin = time.perf_counter()
    try:
        if wanted["guard"]:
            import _mlship_guard

            _mlship_guard.install()
        if wanted["model"]:
            os.environ["MLSHIP_MODEL"] = wanted["model"]
        handler = __import__(wanted["module"], fromlist=[wanted["function"]])
        imported = time.perf_counter()
        if hasattr(handler, "load"):
            handler.load()
        predict = getattr(handler, wanted["function"])
    except BaseException as error:
        told["failure"] = failure(error)
        return
    loaded = time.perf_counter()
    told["seconds"] = {"import": imported - begin, "load": loaded - imported}
    for request in wanted["requests"]:
        patience.begin(request["name"])
        # A second time, because what is kept from the first takes other paths.
        replies = [answer(predict, request["text"]) for _ in range(2)]
        told["answers"].append({"name": request["name"], "replies": replies})
        told["seconds"].setdefault("answer", time.perf_counter() - loaded)


def main():
    with open(sys.argv[1]) as file:
        wanted = json.load(file)
    here = os.path.dirname(os.path.abspath(__file__))
    library = [path for path in sys.path if os.path.abspath(path) != here]
    sys.path[:] = wanted["paths"] + library
    sys.argv[:] = [wanted["module"]]
    told = {"answers": []}
    watch = Watch()
    patience = Patience(wanted["hung"], wanted["patience"])
    run(told, wanted, patience)
    patience.end()
    told["watched"] = watch.told()
    guard = sys.modules.get("_mlship_guard")
    told["misses"] = guard.misses() if guard else []
    partial = wanted["out"] + ".partial"
    with open(partial, "w") as file:
        json.dump(told, file)
    os.replace(partial, wanted["out"])
    if guard:
        guard.remove_unpacked()
    # What a package does while it ends is no part of an answer.
    sys.stdout.flush()
    os._exit(0)


main()
