"""Starts the model's runtime and hands every request on to it over a Unix socket.

Whatever a request asks for, the runtime answers; this function changes nothing of it. Where the
runtime has ended, the answer is 503 and a new one is started.
"""

import atexit
import http.client
import json
import os
import shutil
import socket
import string
import subprocess
import tempfile
import threading
import time
import urllib.parse

import flask

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "mlship-runtime")

# The longest request that Google hands on, in bytes.
LONGEST = 32 << 20

# How long a runtime may take to listen, in seconds. It loads the model afterwards.
START_S = 60

# What belongs to one connection (RFC 9110, 7.6.1), or is said anew.
OWN = {
    "connection",
    "content-length",
    "date",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class Gone(Exception):
    """The runtime has ended, or never listened."""


class Runtime:
    """One process of the runtime. The one that loads this module starts it; others call it too."""

    def __init__(self):
        # The path of a socket has little room.
        self.folder = tempfile.mkdtemp(prefix="mlship-", dir="/tmp")
        self.socket = os.path.join(self.folder, "s")
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [executable(self.folder), "--bundle", HERE],
            env={**os.environ, "MLSHIP_LISTEN": f"unix:{self.socket}"},
            stdin=subprocess.DEVNULL,
        )
        atexit.register(self.end)

    def lives(self):
        if self.owner == os.getpid():
            return self.process.poll() is None
        try:
            with open(f"/proc/{self.process.pid}/stat", "rb") as stat:
                return stat.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
        except OSError:
            return False

    def connect(self):
        """A new connection; one that was just started is waited for."""
        deadline = time.monotonic() + START_S
        while True:
            connection = Connection(self.socket)
            try:
                connection.connect()
                return connection
            except OSError:
                connection.close()
            if not self.lives() or time.monotonic() > deadline:
                raise Gone
            time.sleep(0.002)

    def end(self):
        """Stops it, when this process has started it."""
        if self.owner != os.getpid():
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Connection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path):
        super().__init__("runtime")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def executable(folder):
    """The runtime's program. What packed it anew may have lost its mode."""
    if os.access(PROGRAM, os.X_OK):
        return PROGRAM
    copy = os.path.join(folder, "mlship-runtime")
    shutil.copyfile(PROGRAM, copy)
    os.chmod(copy, 0o755)
    return copy


current = Runtime()
turn = threading.Lock()
kept = threading.local()


def predict(request):
    """Every request, whatever its path."""
    body = request.stream.read(LONGEST + 1)
    if len(body) > LONGEST:
        detail = f"it has more than {LONGEST} bytes"
        return problem(413, "body-too-large", "The body is too large", detail)
    runtime = current
    try:
        return ask(runtime, request, body)
    except (Gone, OSError, http.client.HTTPException):
        if not runtime.lives():
            start_again(runtime)
        detail = "the process that has the model has ended; try again in a moment"
        return problem(503, "gone", "The model is being started again", detail)


def ask(runtime, request, body):
    of, connection = getattr(kept, "connection", (None, None))
    if of is runtime:
        try:
            return exchange(connection, request, body)
        except (OSError, http.client.HTTPException):
            # One that was idle for long is closed by the runtime.
            connection.close()
            kept.connection = (None, None)
    connection = runtime.connect()
    kept.connection = (runtime, connection)
    return exchange(connection, request, body)


def exchange(connection, request, body):
    connection.putrequest(request.method, target(request), skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers:
        if name.lower() not in OWN:
            connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    try:
        connection.endheaders(body)
    except ConnectionError:
        # A body that is too long is refused before it is read; the answer may be here.
        pass
    response = connection.getresponse()
    answer = response.read()
    headers = [pair for pair in response.getheaders() if pair[0].lower() not in OWN]
    return flask.Response(answer, response.status, headers)


def target(request):
    """The path and the query as they came."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path
    if not raw.startswith("/"):
        parts = urllib.parse.urlsplit(raw)
        raw = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return urllib.parse.quote(raw, safe=string.punctuation, encoding="latin-1", errors="replace")


def start_again(ended):
    """Starts another in the place of the one that has ended; once, whoever notices."""
    global current
    with turn:
        if current is ended:
            ended.end()
            current = Runtime()


def problem(status, slug, title, detail):
    """What went wrong, in the form of the runtime's own problems (RFC 9457)."""
    said = {
        "type": f"urn:mlship:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if status == 503:
        headers["retry-after"] = "1"
    return flask.Response(json.dumps(said), status, headers)
