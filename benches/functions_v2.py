"""What a Google function in Python adds to the runtime behind it, side by side in one run.

    .tools/venv/bin/python benches/functions_v2.py [--requests 3000]

Packages examples/heart-disease for `kind: functions-v2` with the tool and starts, all at once: the
artifact's runtime alone behind HTTP; Google's functions-framework with a function that answers the
same bytes and does nothing else; and functions-framework with the artifact, which forwards to the
runtime over a Unix socket. One caller asks each in turn, a block of 100 on one connection that is
kept. CPU is that of all the processes of a case, per request.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import time

from cold_start import MLSHIP, ROOT, free_port

WORK = ROOT / "target" / "bench" / "functions-v2"
EXAMPLE = ROOT / "examples/heart-disease"
FRAMEWORK = ROOT / ".tools/venv/bin/functions-framework"
TARGET = "  gcp: {project: bench-1, region: europe-west1, kind: functions-v2}\n"
BLOCK = 100
TICKS = os.sysconf("SC_CLK_TCK")

EMPTY = """
import flask

def predict(request):
    request.get_data()
    return flask.Response(ANSWER, 200, {"content-type": "application/json"})
"""


def artifact() -> pathlib.Path:
    """The function's artifact, unpacked without modes, as Google's build does."""
    project, archive, folder = WORK / "project", WORK / "function.zip", WORK / "function"
    for old in (project, folder):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mlship"))
    manifest = project / "mlship.yaml"
    manifest.write_text(re.sub("  gcp: .*\n", TARGET, manifest.read_text()))
    subprocess.run(
        [*MLSHIP, "package", "--manifest", str(manifest), "--provider", "gcp", "--out", str(archive), "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.unpack_archive(archive, folder)
    return folder


class Case:
    """A server that is asked, and what was measured of it."""

    def __init__(self, command: list[str], folder: pathlib.Path, port: int):
        environment = {"PATH": "/usr/bin:/bin", "PORT": str(port)}
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        self.port, self.times = port, []
        self.connect()

    def connect(self) -> None:
        """A new connection, with one answer on it: the framework ends one that idles for 2 s."""
        while True:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
            try:
                self.connection.request("POST", "/predict", b"{}")
                self.connection.getresponse().read()
                return
            except ConnectionRefusedError:
                time.sleep(0.01)

    def block(self, request: bytes) -> None:
        self.connect()
        for _ in range(BLOCK):
            self.ask(request)

    def ask(self, request: bytes) -> bytes:
        begin = time.perf_counter()
        self.connection.request("POST", "/predict", request, {"content-type": "application/json"})
        answer = self.connection.getresponse().read()
        self.times.append((time.perf_counter() - begin) * 1e3)
        return answer

    def cpu_s(self) -> float:
        """Of the process and all that came of it."""
        parents, used = {}, {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
                used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS
        ours = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= more
        return sum(used[pid] for pid in ours)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--requests", type=int, default=3000)
    requests = options.parse_args().requests
    WORK.mkdir(parents=True, exist_ok=True)
    folder = artifact()
    request = (EXAMPLE / "samples/1.json").read_bytes()
    runtime = WORK / "runtime"
    shutil.copy(folder / "mlship-runtime", runtime)
    runtime.chmod(0o755)
    ports = [free_port() for _ in range(3)]
    framework = [str(FRAMEWORK), "--target", "predict", "--host", "127.0.0.1", "--port"]
    alone = Case([str(runtime), "--bundle", str(folder)], folder, ports[0])
    empty = WORK / "empty"
    empty.mkdir(exist_ok=True)
    (empty / "main.py").write_text(f"ANSWER = {alone.ask(request)!r}\n{EMPTY}")
    cases = {
        "runtime alone": alone,
        "framework, empty function": Case([*framework, str(ports[1])], empty, ports[1]),
        "framework, functions-v2": Case([*framework, str(ports[2])], folder, ports[2]),
    }
    try:
        measure(cases, request, requests)
    finally:
        for case in cases.values():
            case.end()


def measure(cases: dict[str, Case], request: bytes, requests: int) -> None:
    for case in cases.values():
        case.connect()
    answers = {name: json.loads(case.ask(request)) for name, case in cases.items()}
    assert len({json.dumps(answer) for answer in answers.values()}) == 1, answers
    for case in cases.values():
        case.block(request)
        case.times.clear()
    before = {name: case.cpu_s() for name, case in cases.items()}
    for _ in range(max(1, requests // BLOCK)):
        for case in cases.values():
            case.block(request)
    print(f"{'of ' + str(len(cases['runtime alone'].times)):28}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>10}{'added p50 ms':>14}")
    least = statistics.median(cases["runtime alone"].times)
    for name, case in cases.items():
        median, p99 = statistics.median(case.times), statistics.quantiles(case.times, n=100)[98]
        cpu = (case.cpu_s() - before[name]) * 1e3 / len(case.times)
        print(f"{name:28}{median:10.3f}{p99:10.3f}{cpu:10.3f}{median - least:14.3f}")


if __name__ == "__main__":
    main()
