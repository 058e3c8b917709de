"""Requests per second at rising concurrency, side by side in one run.

    .tools/venv/bin/python benches/load.py [--seconds 4] [--rounds 3] [--levels 1 8 64 256]
    .tools/venv/bin/python benches/load.py --minutes 5 [--levels 64]

Three servers answer `POST /predict` to wrk, a second process, on this machine: the artifact of
examples/heart-disease, an axum route that does nothing (`bare_axum`), and the
same model behind FastAPI, uvicorn and onnxruntime. They take turns, round by round, so that a busy
machine is as busy for each. Printed for each level: requests, requests per second, p50 and p99,
processor time a request, resident memory, and what the artifact does against the other two.

With `--minutes` the artifact alone is under load for so long, and what it does is printed for each
minute: memory and p99 must stay flat.

`--artifact DIR` takes an unpacked artifact instead of making one. Needs `cargo xtask setup`.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

from cold_start import ROOT, free_port, package

EXAMPLE = ROOT / "examples/heart-disease"
CLIENTS = ROOT / ".tools/clients/bin"
LEAST = 10_000
TICK = os.sysconf("SC_CLK_TCK")

SCRIPT = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = io.open(os.getenv("BODY"), "rb")
wrk.body = file:read("*a")
file:close()
function done(summary, latency, requests)
    local errors = summary.errors
    io.stderr:write(string.format(
        '{"requests": %d, "us": %d, "p50": %f, "p99": %f, "most": %f, "failed": %d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency.max, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class Server:
    """A process that answers, and all that it started."""

    def __init__(self, command: list[str], address: str | None = None, **options):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True, **options
        )
        self.address = address

    def line(self) -> str:
        """The first line it prints."""
        while True:
            self.output.seek(0)
            text = self.output.read()
            if b"\n" in text:
                return text.split(b"\n")[0].decode()
            if self.process.poll() is not None:
                raise SystemExit(f"{self.process.args[0]} ended: {text.decode()}")
            time.sleep(0.01)

    def wait(self, request: bytes) -> bytes:
        """The first answer."""
        url = f"http://{self.address}/predict"
        headers = {"content-type": "application/json"}
        for _ in range(600):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, request, headers)) as reply:
                    return reply.read()
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.process.args[0]} does not answer")

    def processes(self) -> list[int]:
        """Its own and those that it started."""
        found = [self.process.pid]
        for pid in found:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
            found += [int(child) for child in children.read_text().split()]
        return found

    def cpu_s(self) -> float:
        """Processor time until now."""
        total = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident_mb(self, field: str = "VmRSS") -> float:
        """Memory of all of them."""
        total = 0
        for pid in self.processes():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += int(status.split(field + ":")[1].split()[0])
        return total / 1024

    def load(self, connections: int, seconds: int) -> dict:
        """What wrk says of so many connections for so long."""
        before = self.cpu_s()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script()), f"http://{self.address}/predict"]
        run = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True,
            env={**os.environ, "BODY": str(EXAMPLE / "samples/1.json")},
        )
        said = json.loads(run.stderr)
        return {**said, "cpu": self.cpu_s() - before, "mb": self.resident_mb()}

    def end(self) -> None:
        """Ends the processes that were started here."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def script() -> pathlib.Path:
    path = ROOT / "target/bench/load.lua"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT)
    return path


def mlship(artifact: pathlib.Path, log: str) -> Server:
    environment = {**os.environ, "PORT": "0", "MLSHIP_LOG": log}
    server = Server([str(artifact / "bootstrap")], cwd=artifact, env=environment)
    server.address = json.loads(server.line())["address"]
    return server


def axum() -> Server:
    folder, target = ROOT / "benches/bare_axum", ROOT / "target/bench/bare_axum"
    build = ["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", str(target)]
    subprocess.run(build, cwd=folder, check=True)
    server = Server([str(target / "release/bare-axum")])
    server.address = server.line()
    return server


def fastapi() -> Server:
    port = free_port()
    workers = str(os.cpu_count())
    command = [str(CLIENTS / "uvicorn"), "load_fastapi:app", "--port", str(port), "--workers", workers]
    options = ["--log-level", "warning", "--no-access-log"]
    environment = {**os.environ, "MODEL": str(EXAMPLE / "model.onnx")}
    return Server([*command, *options], f"127.0.0.1:{port}", cwd=ROOT / "benches", env=environment)


def compare(servers: dict[str, Server], levels: list[int], rounds: int, seconds: int) -> None:
    head = f"{'':22}{'requests':>10}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>8}{'MB':>7}{'failed':>8}{'mlship is':>11}"
    for level in levels:
        runs: dict[str, list[dict]] = {name: [] for name in servers}
        for turn in range(rounds):
            for name, server in servers.items():
                runs[name].append(server.load(level, seconds))
        for name, server in servers.items():
            while sum(run["requests"] for run in runs[name]) < LEAST:
                runs[name].append(server.load(level, seconds))
        print(f"\n{level} connections, load {os.getloadavg()[0]:.1f}\n{head}")
        per_s = {name: 1e6 * sum(run["requests"] for run in of) / sum(run["us"] for run in of) for name, of in runs.items()}
        for name, of in runs.items():
            requests = sum(run["requests"] for run in of)
            p50, p99 = (statistics.median(run[key] for run in of) / 1e3 for key in ("p50", "p99"))
            cpu = 1e6 * sum(run["cpu"] for run in of) / requests
            failed = sum(run["failed"] for run in of)
            ratio = f"{per_s['mlship'] / per_s[name]:10.2f}x"
            print(f"{name:22}{requests:10}{per_s[name]:9.0f}{p50:9.2f}{p99:9.2f}{cpu:8.1f}{of[-1]['mb']:7.1f}{failed:8}{ratio:>11}")


def endure(server: Server, level: int, minutes: int) -> None:
    print(f"{level} connections\n{'minute':8}{'requests':>10}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}{'MB':>8}{'failed':>8}")
    server.load(level, 5)
    for minute in range(1, minutes + 1):
        run = server.load(level, 60)
        per_s = 1e6 * run["requests"] / run["us"]
        print(
            f"{minute:<8}{run['requests']:10}{per_s:9.0f}{run['p50'] / 1e3:9.2f}{run['p99'] / 1e3:9.2f}"
            f"{run['most'] / 1e3:9.1f}{run['mb']:8.2f}{run['failed']:8}",
            flush=True,
        )
    print(f"most memory ever: {server.resident_mb('VmHWM'):.2f} MB")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--levels", type=int, nargs="+")
    options.add_argument("--minutes", type=int)
    options.add_argument("--artifact", type=pathlib.Path)
    options.add_argument("--log", default="problems", choices=["requests", "problems", "off"])
    options.add_argument("--without-python", action="store_true")
    chosen = options.parse_args()
    artifact = chosen.artifact or package(EXAMPLE / "mlship.yaml", "heart-disease")
    request = (EXAMPLE / "samples/1.json").read_bytes()
    servers: dict[str, Server] = {}
    try:
        servers["mlship"] = mlship(artifact.resolve(), chosen.log)
        if chosen.minutes:
            servers["mlship"].wait(request)
            endure(servers["mlship"], (chosen.levels or [64])[0], chosen.minutes)
            return
        servers["axum, nothing"] = axum()
        if not chosen.without_python:
            servers["FastAPI, onnxruntime"] = fastapi()
        for name, server in servers.items():
            print(f"{name}: {server.wait(request).decode()}")
        compare(servers, chosen.levels or [1, 8, 64, 256], chosen.rounds, chosen.seconds)
    finally:
        for server in servers.values():
            server.end()


if __name__ == "__main__":
    main()
