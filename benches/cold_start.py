"""Cold start, side by side in one run: process start to first answer, wall and CPU.

    .tools/venv/bin/python benches/cold_start.py [--runs 20]

Packages examples/heart-disease and a 100-tree forest with the tool, then starts, in turn and
each time anew: an empty static program, the artifact's own runtime (`bootstrap --answer`, and
`bootstrap` behind HTTP), Python onnxruntime, and scikit-learn with joblib. Every one reads the
same request and gives the same answer. Needs `cargo xtask setup`; pages are warm in the cache.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "bench" / "cold-start"
MLSHIP = ["cargo", "run", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml"), "--bin", "mlship", "--"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def package(manifest: pathlib.Path, name: str) -> pathlib.Path:
    """The artifact of a manifest, unpacked."""
    archive, folder = WORK / f"{name}.zip", WORK / name
    subprocess.run(
        [*MLSHIP, "package", "--manifest", str(manifest), "--out", str(archive), "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(folder, ignore_errors=True)
    shutil.unpack_archive(archive, folder)
    os.chmod(folder / "bootstrap", 0o755)
    return folder


def empty_program() -> pathlib.Path:
    """A static program that does nothing: the floor."""
    source, binary = WORK / "empty.rs", WORK / "empty"
    source.write_text("fn main() {}\n")
    flags = ["-C", "opt-level=3", "-C", "target-feature=+crt-static", "-C", "panic=abort", "-C", "strip=symbols"]
    subprocess.run(["rustc", *flags, "-o", str(binary), str(source)], check=True)
    return binary


def once(command: list[str], request: bytes) -> tuple[float, float]:
    """Starts a process, feeds it the request, waits for its end: wall and CPU milliseconds."""
    give, take = os.pipe(), os.pipe()
    os.write(give[1], request)
    os.close(give[1])
    actions = [
        (os.POSIX_SPAWN_DUP2, give[0], 0),
        (os.POSIX_SPAWN_DUP2, take[1], 1),
        (os.POSIX_SPAWN_CLOSE, take[0]),
    ]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, {"PATH": "/usr/bin:/bin"}, file_actions=actions)
    os.close(take[1])
    with os.fdopen(take[0], "rb") as answer:
        answer.read()
    _, status, used = os.wait4(pid, 0)
    wall = (time.perf_counter() - begin) * 1e3
    os.close(give[0])
    if status != 0:
        sys.exit(f"{command} failed")
    return wall, (used.ru_utime + used.ru_stime) * 1e3


def once_http(bootstrap: pathlib.Path, request: bytes) -> tuple[float, float]:
    """The same behind HTTP: until the answer is read; then the process is ended."""
    port = free_port()
    quiet = os.open(os.devnull, os.O_WRONLY)
    begin = time.perf_counter()
    pid = os.posix_spawn(
        str(bootstrap),
        [str(bootstrap)],
        {"PORT": str(port)},
        file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 2)],
    )
    os.close(quiet)
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("POST", "/predict", request, {"content-type": "application/json"})
            break
        except ConnectionRefusedError:
            time.sleep(0.0002)
    answer = connection.getresponse()
    body = answer.read()
    wall = (time.perf_counter() - begin) * 1e3
    if answer.status != 200:
        sys.exit(body.decode())
    os.kill(pid, 9)
    _, _, used = os.wait4(pid, 0)
    return wall, (used.ru_utime + used.ru_stime) * 1e3


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=20)
    runs = options.parse_args().runs
    WORK.mkdir(parents=True, exist_ok=True)
    python = sys.executable
    models = ROOT / "benches" / "models"
    subprocess.run([python, str(models / "make.py"), str(WORK)], check=True)
    heart = package(ROOT / "examples/heart-disease/mlship.yaml", "heart-disease")
    forest = package(WORK / "forest-model" / "mlship.yaml", "forest")
    request = (ROOT / "examples/heart-disease/samples/1.json").read_bytes()
    row = (WORK / "forest-model" / "sample.json").read_bytes()
    empty = empty_program()
    script = str(models / "answer.py")
    onnx, joblib = str(ROOT / "examples/heart-disease/model.onnx"), str(WORK / "pipeline.joblib")
    bootstrap = str(heart / "bootstrap")
    cases = {
        "empty static program": lambda: once([str(empty)], b""),
        "mlship runtime": lambda: once([bootstrap, "--answer"], request),
        "mlship runtime, HTTP": lambda: once_http(heart / "bootstrap", request),
        "mlship runtime, forest": lambda: once([str(forest / "bootstrap"), "--answer"], row),
        "Python onnxruntime": lambda: once([python, script, "onnxruntime", onnx], request),
        "scikit-learn, joblib": lambda: once([python, script, "joblib", joblib], request),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for turn in range(runs + 1):
        for name, run in cases.items():
            measured = run()
            if turn > 0:
                times[name].append(measured)
    onnx_bytes = (WORK / "forest-model" / "model.onnx").stat().st_size
    report(times, runs, onnx_bytes, (forest / "model.mlp").stat().st_size)


def report(times: dict[str, list[tuple[float, float]]], runs: int, onnx_bytes: int, forest_bytes: int) -> None:
    wall = {name: statistics.median(run[0] for run in all_runs) for name, all_runs in times.items()}
    cpu = {name: statistics.median(run[1] for run in all_runs) for name, all_runs in times.items()}
    own = "mlship runtime"
    print(
        f"median of {runs}; the forest has 100 trees, {onnx_bytes / 1e6:.1f} MB as ONNX, "
        f"{forest_bytes / 1e6:.1f} MB compiled"
    )
    print(f"{'':26}{'wall ms':>10}{'CPU ms':>10}{'wall x':>10}{'CPU x':>10}   (x: against `{own}`)")
    for name in times:
        print(
            f"{name:26}{wall[name]:10.2f}{cpu[name]:10.2f}"
            f"{wall[name] / wall[own]:10.2f}{cpu[name] / cpu[own]:10.2f}"
        )
    print(json.dumps({"wall-ms": wall, "cpu-ms": cpu}), file=sys.stderr)


if __name__ == "__main__":
    main()
