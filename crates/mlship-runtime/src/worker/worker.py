"""Calls a user's own function for the runtime, one request after the other.

The runtime is at the other end of a socket, which is this process's standard input when it begins.
A frame is its kind (one byte), the length of what follows (four bytes, the highest first), and that.
Whatever the user's code prints goes to the runtime's log, and never onto the socket.
"""

import faulthandler
import gc
import json
import os
import signal
import sys

# The form of a request: JSON, text, or bytes.
OF_JSON, OF_TEXT = ord("j"), ord("t")

# The most of a traceback that is told, in characters: its end.
LONGEST_TRACE = 8000

# How many objects are made before garbage is looked for, while the user's modules are imported.
OF_IMPORTS = 1_000_000

# By which number `sys.monitoring` knows this program.
TOOL = 4


class Runtime:
    """The other end of the socket."""

    def __init__(self):
        self.socket = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self.process = os.getpid()
        self.inode = os.fstat(self.socket).st_ino
        # A fork of this process has nothing to say to the runtime.
        os.register_at_fork(after_in_child=self.leave)

    def leave(self):
        try:
            os.close(self.socket)
        except OSError:
            pass

    def check(self):
        """Ends what is not this process any more, or has lost its socket."""
        if os.getpid() != self.process:
            os._exit(0)
        try:
            is_ours = os.fstat(self.socket).st_ino == self.inode
        except OSError:
            is_ours = False
        if not is_ours:
            print("the handler closed the connection to the runtime", file=sys.stderr, flush=True)
            os._exit(1)

    def take(self, length):
        """So many bytes, or `EOFError` when the runtime has gone."""
        room = bytearray(length)
        view, have = memoryview(room), 0
        while have < length:
            got = os.readv(self.socket, [view[have:]])
            if got == 0:
                raise EOFError
            have += got
        return room

    def frame(self):
        head = self.take(5)
        return bytes(head[:1]), self.take(int.from_bytes(head[1:], "big"))

    def send(self, kind, *parts):
        length = sum(len(part) for part in parts)
        for part in (kind + length.to_bytes(4, "big"), *parts):
            view = memoryview(part)
            while view:
                view = view[os.write(self.socket, view):]

    def say(self, kind, **said):
        self.send(kind, json.dumps(said).encode())


class Handler:
    """The user's own function, and what it asks for by its signature."""

    def __init__(self, begin):
        self.folder, self.own = begin["folder"], begin["path"][0] if begin["path"] else ""
        sys.path[:0] = begin["path"]
        self.guard, self.is_spoiled = guard(begin["path"]), False
        module, function = begin["module"], begin["function"]
        with Lasting():
            # Without a frame of a library's in between, which a traceback would show.
            __import__(module)
        loaded = sys.modules[module]
        self.function = getattr(loaded, function, None)
        if self.function is None:
            raise Problem("", f"`{module}` has no function `{function}`")
        if not callable(self.function):
            raise Problem("", f"`{function}` in `{module}` is no function: {name(self.function)}")
        prepare = getattr(loaded, "load", None)
        if callable(prepare) and function != "load":
            prepare()
        self.check_modules()
        code = code_of(self.function)
        self.returns = Returns(code)
        named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
        self.takes_media_type = "media_type" in named
        self.takes_picture = asks_for_picture(self.function)

    def call(self, form, media_type, body):
        """The answer: a kind of frame and its parts."""
        asked = self.read(form, media_type, body)
        more = {"media_type": media_type} if self.takes_media_type else {}
        try:
            found = self.function(asked, **more)
        except BaseException as error:
            self.check_modules(error)
            if getattr(error, "status", None) == 422:
                raise Problem("unfit", str(error)) from None
            detail = f"the handler raised `{name(error)}`"
            raise Problem("failed", detail, error) from None
        written = self.written(found)
        self.check_modules()
        return written

    def check_modules(self, error=None):
        """Refuses an answer for which a module was missing that had been left out of the packages.

        Whoever asked for it may have taken the error for an answer, and may remember that: the
        process is of no more use.
        """
        for asked in self.guard.latest() if self.guard else ():
            module, distribution = asked["module"], asked["distribution"]
            if not asked["served"]:
                self.is_spoiled = True
                raise Problem("failed", self.guard.advice(module, distribution), error)
            print(
                f"module `{module}` of `{distribution}` came from the archive of what no sample"
                f" used; `keep: [{module}]` under `python` in the manifest saves the time",
                file=sys.stderr,
            )

    def read(self, form, media_type, body):
        if form == OF_JSON:
            found = from_json(body)
            return from_picture(picture_of(found)) if self.takes_picture else found
        if form == OF_TEXT:
            return from_text(media_type, body)
        kind = media_type.partition(";")[0].strip().lower()
        if kind in ("application/x-npy", "application/npy"):
            return from_npy(bytes(body))
        if self.takes_picture:
            return from_picture(picture_in(kind, media_type, bytes(body)))
        return bytes(body)

    def written(self, found):
        if isinstance(found, (bytes, bytearray, memoryview)):
            return of_bytes("application/octet-stream", found)
        if (
            isinstance(found, tuple)
            and len(found) == 2
            and isinstance(found[0], (bytes, bytearray, memoryview))
            and isinstance(found[1], str)
        ):
            return of_bytes(found[1], found[0])
        try:
            return JSON, (to_json(found),)
        except Problem as wrong:
            wrong.detail += self.returns.where(self)
            raise

    def place(self, path):
        """A file by its path from the user's own folder, where it is in there."""
        for folder in (self.own, self.folder):
            if folder and path.startswith(folder + os.sep):
                return path[len(folder) + 1 :]
        return path

    def is_own(self, path):
        """Whether a file is the user's own, and not in a folder of dependencies in theirs."""
        inside = [folder for folder in sys.path if folder and path.startswith(folder + os.sep)]
        return bool(inside) and max(inside, key=len) == self.own


class Lasting:
    """What is made within lasts as long as the process: garbage is looked for seldom, and not in
    there again. With large libraries that is a tenth of a start."""

    def __enter__(self):
        self.before = gc.get_threshold()
        gc.set_threshold(OF_IMPORTS, *self.before[1:])

    def __exit__(self, *_):
        # What the user's code has set itself stays.
        if gc.get_threshold() == (OF_IMPORTS, *self.before[1:]):
            gc.set_threshold(*self.before)
        gc.freeze()


def guard(path):
    """The guard of packages of which something was left out; `None` where nothing was."""
    if not any(os.path.exists(os.path.join(folder, "_mlship_guard.json")) for folder in path):
        return None
    import _mlship_guard

    _mlship_guard.install()
    return _mlship_guard


class Returns:
    """Knows at which line the handler returned."""

    def __init__(self, code):
        self.code, self.offset, self.is_watched = code, None, False
        monitoring = getattr(sys, "monitoring", None)
        if code is None or monitoring is None:
            return
        try:
            monitoring.use_tool_id(TOOL, "mlship")
        except ValueError:
            return
        monitoring.register_callback(TOOL, monitoring.events.PY_RETURN, self.returned)
        monitoring.set_local_events(TOOL, code, monitoring.events.PY_RETURN)
        self.is_watched = True

    def returned(self, _code, offset, _value):
        self.offset = offset

    def lines(self):
        if self.is_watched:
            spans = self.code.co_lines()
            return [line for start, end, line in spans if start <= self.offset < end][:1]
        return possible_returns(self.code)

    def where(self, handler):
        """Words for it, where it is known."""
        try:
            lines = self.lines() if self.code else []
        except Exception:
            return ""
        if not lines:
            return ""
        lines = " or ".join(str(line) for line in lines)
        return f", returned at {handler.place(self.code.co_filename)}:{lines}"


def possible_returns(code):
    """The lines of a function's returns, but for those of `None`."""
    import dis

    lines, line, before = [], None, None
    for step in dis.get_instructions(code):
        line = step.starts_line or line
        gives_none = before is not None and before.opname == "LOAD_CONST" and before.argval is None
        if step.opname == "RETURN_VALUE" and not gives_none and line not in lines:
            lines.append(line)
        before = step
    return lines


def code_of(function):
    """What a call runs, where that is Python."""
    for _ in range(20):
        for inside in ("__wrapped__", "__func__", "func"):
            if hasattr(function, inside):
                function = getattr(function, inside)
                break
        else:
            break
    if not hasattr(function, "__code__"):
        function = getattr(type(function), "__call__", None)
    code = getattr(function, "__code__", None)
    return code if hasattr(code, "co_filename") else None


def steps(error):
    """Where an error passed through, this program left out."""
    import traceback

    found = traceback.extract_tb(error.__traceback__)
    return [step for step in found if not step.filename.startswith("<")]


def trace(error):
    """The traceback as Python prints it, this program left out."""
    import traceback

    found = traceback.TracebackException.from_exception(error)
    inner = found
    for _ in range(10):
        if inner is None:
            break
        kept = [step for step in inner.stack if step.filename != "<mlship>"]
        inner.stack = traceback.StackSummary.from_list(kept)
        inner = inner.__cause__ or inner.__context__
    return "".join(found.format())[-LONGEST_TRACE:]


def unloadable(error, begin):
    """Why the handler cannot be loaded, with the file, the line and its text."""
    if isinstance(error, Problem):
        return error.detail
    handler = Handler.__new__(Handler)
    handler.folder, handler.own = begin["folder"], begin["path"][0] if begin["path"] else ""
    if isinstance(error, SyntaxError) and error.filename:
        return located(handler, error.filename, error.lineno, error.msg, error.text)
    passed = steps(error)
    own = [step for step in passed if handler.is_own(step.filename)]
    said = f"{name(error)}: {error}"
    if own or passed:
        step = (own or passed)[-1]
        return located(handler, step.filename, step.lineno, said, step.line)
    if isinstance(error, ImportError) and getattr(error, "name", None):
        folders = ", ".join(f"`{handler.place(folder)}`" for folder in begin["path"])
        return f"there is no module `{error.name}` in {folders}"
    return said


def located(handler, path, line, said, text):
    text = f": `{text.strip()}`" if text and text.strip() else ""
    return f"{handler.place(path)}:{line}: {said}{text}"


def serve(runtime, handler, longest):
    while True:
        kind, payload = runtime.frame()
        if kind != CALL:
            raise EOFError
        end = 3 + int.from_bytes(payload[1:3], "big")
        media_type = payload[3:end].decode("utf-8", "replace")
        try:
            kind, parts = handler.call(payload[0], media_type, memoryview(payload)[end:].tobytes())
            length = sum(len(part) for part in parts)
            if length > longest:
                detail = f"the handler's answer has {length} bytes; at most {longest} are taken"
                raise Problem("answer-too-large", detail)
        except Problem as wrong:
            kind, parts = PROBLEM, (json.dumps(told(handler, wrong)).encode(),)
        except Exception as error:
            detail = f"the handler's answer cannot be read: `{name(error)}`"
            wrong = Problem("failed", detail, error)
            kind, parts = PROBLEM, (json.dumps(told(handler, wrong)).encode(),)
        del payload
        flush()
        runtime.check()
        runtime.send(kind, *parts)
        del parts


def told(handler, wrong):
    said = {"kind": wrong.kind, "detail": wrong.detail, "last": handler.is_spoiled}
    if wrong.error is not None:
        passed = steps(wrong.error)
        own = [step for step in passed if handler.is_own(step.filename)]
        if own or passed:
            step = (own or passed)[-1]
            said["at"] = f"{handler.place(step.filename)}:{step.lineno}"
        said["trace"] = trace(wrong.error)
    return said


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


class Signals:
    """The runtime says when it is time to end: what is sent to all processes alike is meant for it.
    A fork is ended by signals as ever, also by one that comes before it knows that it is one."""

    def __init__(self):
        ends = (signal.SIGTERM, signal.SIGINT)
        self.usual = {number: signal.getsignal(number) for number in ends}
        for number in ends:
            signal.signal(number, lambda *_: None)
        os.register_at_fork(before=self.hold, after_in_parent=self.let, after_in_child=self.reset)

    def hold(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, self.usual)

    def let(self):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self.usual)

    def reset(self):
        for number, handler in self.usual.items():
            signal.signal(number, handler)
        self.let()


def prepare():
    """The process as the user's code finds it."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    faulthandler.enable()
    Signals()


def main():
    runtime = Runtime()
    prepare()
    try:
        _, begin = runtime.frame()
        begin = json.loads(begin)
        os.environ["MLSHIP_MODEL"] = begin["model"]
        os.environ.setdefault("OMP_NUM_THREADS", str(begin["threads"]))
        sys.argv = [begin["module"]]
        try:
            handler = Handler(begin)
        except BaseException as error:
            flush()
            runtime.check()
            runtime.say(REFUSED, detail=unloadable(error, begin), trace=trace(error))
            os._exit(1)
        flush()
        runtime.check()
        runtime.say(READY, python=".".join(str(part) for part in sys.version_info[:3]))
        serve(runtime, handler, begin["longest"])
    except (EOFError, OSError):
        # The runtime has gone, or wants this to end.
        sys.exit(0)


main()
