"""A BERT-base-sized network, side by side in one run: process start to first answer, and warm p50.

    .tools/venv/bin/python benches/bert.py [--cold 7] [--warm 40] [--tokens 32 128] [--threads 1 2]
        [--models f32 int8] [--mlship TOOL] [--runtime PROGRAM] [--blas FOLDER]

Makes the network once (`models/bert_base.py`, random weights, seeded), and of it one with 8-bit
weights (`mlship convert`), puts it into a bundle with
its weights beside the graph, and runs in turn, each time anew: the mlship runtime
(`--answer`), Python onnxruntime, Python torch. Then one process of each answers the same request
over and over, in turn: the runtime over HTTP as it chooses to prepack, and with its weights only
mapped. Both times with as many threads as said. Wall and CPU; the latter is the steadier one on a
machine with other work. `--blas` is a folder with a fast `libblas.so.3` and `liblapack.so.3` for
torch, when the system's are the plain ones. Needs `cargo xtask setup`; pages are warm in the cache.
"""

import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "bench" / "bert"
MODELS = ROOT / "benches" / "models"
TORCH_PYTHON = "/usr/bin/python3"
TICKS = os.sysconf("SC_CLK_TCK")
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def make(name: str, mlship: pathlib.Path) -> pathlib.Path:
    """The folder of a network, with `bundle/` in it."""
    folder = WORK / name
    if name == "f32" and not (folder / "model.pt").exists():
        subprocess.run([TORCH_PYTHON, str(MODELS / "bert_base.py"), str(folder)], check=True)
    if name == "int8" and not (folder / "model.onnx").exists():
        whole = make("f32", mlship)
        folder.mkdir(exist_ok=True)
        # torch has no such form of it, and runs the whole one beside.
        for file in [whole / "model.pt", *whole.glob("request-*.json")]:
            (folder / file.name).unlink(missing_ok=True)
            (folder / file.name).symlink_to(file)
        command = [mlship, "convert", whole / "model.onnx", "--weights", "int8"]
        subprocess.run([*command, "--out", folder / "model.onnx"], check=True, cwd=folder)
    if not (folder / "bundle" / "bundle.json").exists():
        bundle(folder)
    return folder


def bundle(folder: pathlib.Path) -> None:
    """The network as a bundle that takes tensors and gives tensors."""
    import onnx

    into = folder / "bundle"
    into.mkdir(exist_ok=True)
    (into / "weights.data").unlink(missing_ok=True)
    model = onnx.load(folder / "model.onnx")
    onnx.save_model(
        model, into / "model.onnx", save_as_external_data=True, location="weights.data", size_threshold=1024
    )
    port = {"element": "i64", "shape": [None, None]}
    described = {
        "format": 1,
        "name": "bert",
        "model": {
            "engine": "neural",
            "path": "model.onnx",
            "weights": "weights.data",
            "source-sha256": "0" * 64,
            "inputs": [{"name": name, **port} for name in INPUTS],
            "outputs": [{"name": "logits", "element": "f32", "shape": [None, 3]}],
        },
        "input": "tensor",
        "output": "tensor",
        "samples": [],
        "bounds": {"body-bytes": 1 << 20, "rows": 100, "timeout-s": 60},
    }
    (into / "bundle.json").write_text(json.dumps(described))


def runtime() -> str:
    """The runtime as an artifact carries it."""
    flags = {"RUSTFLAGS": "-Ctarget-feature=+crt-static", "CARGO_TARGET_DIR": str(ROOT / "target" / "bench" / "runtime")}
    target = "x86_64-unknown-linux-gnu"
    command = ["cargo", "build", "-q", "--profile", "runtime", "--target", target, "-p", "mlship-runtime"]
    command += ["--no-default-features", "--features", "neural"]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | flags)
    return str(ROOT / "target" / "bench" / "runtime" / target / "runtime" / "mlship-runtime")


def environment(threads: int, blas: str | None) -> dict[str, str]:
    """What every process gets: threads, and for torch a fast BLAS."""
    given = {"PATH": "/usr/bin:/bin", "MLSHIP_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    return given | ({"LD_LIBRARY_PATH": blas} if blas else {})


def cold(command: list[str], request: pathlib.Path, given: dict[str, str]) -> tuple[float, float, float, list]:
    """One process from its start to its end: wall and CPU milliseconds, peak MB, the answer."""
    with open(request, "rb") as stdin:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin if "--answer" in command else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=given)
        line = process.stdout.readline()
        wall = (time.perf_counter() - begin) * 1e3
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
    if status != 0 or not line:
        sys.exit(f"{command} failed")
    return wall, (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss / 1024, json.loads(line)["logits"]


class Served:
    """The runtime behind HTTP."""

    def __init__(self, program: str, folder: pathlib.Path, request: pathlib.Path, given: dict[str, str]) -> None:
        self.body = request.read_bytes()
        self.process = subprocess.Popen([program, "--bundle", str(folder)], env=given | {"PORT": "0"},
                                        stderr=subprocess.PIPE)
        address = json.loads(self.process.stderr.readline())["address"]
        while json.loads(self.process.stderr.readline())["event"] != "ready":
            pass
        self.connection = http.client.HTTPConnection(address)
        self.once()
        if given.get("MLSHIP_PREPACK") == "later":
            while json.loads(self.process.stderr.readline())["event"] != "prepacked":
                pass

    def once(self) -> float:
        begin = time.perf_counter()
        self.connection.request("POST", "/predict", self.body)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"the runtime answers {answer.status}")
        return (time.perf_counter() - begin) * 1e3


class Worker:
    """A Python process that answers when it is told to."""

    def __init__(self, command: list[str], given: dict[str, str]) -> None:
        self.process = subprocess.Popen(command, env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def once(self) -> float:
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def used_ms(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / TICKS


def peak_mb(pid: int) -> float:
    line = next(x for x in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure(folder: pathlib.Path, program: str, tokens: int, threads: int, options: argparse.Namespace) -> None:
    request, served = folder / f"request-{tokens}.json", folder / "bundle"
    script, given = str(MODELS / "bert_answer.py"), environment(threads, None)
    fast = environment(threads, options.blas)
    python = [sys.executable, script, "onnxruntime", str(folder / "model.onnx"), str(request), str(threads)]
    torch = [TORCH_PYTHON, script, "torch", str(folder / "model.pt"), str(request), str(threads)]
    commands = {
        "mlship": ([program, "--answer", "--bundle", str(served)], given),
        "onnxruntime": (python, given),
        "torch": (torch, fast),
    }
    times: dict[str, list] = {name: [] for name in commands}
    for turn in range(options.cold + 1):
        for name, (command, env) in commands.items():
            measured = cold(command, request, env)
            if turn > 0:
                times[name].append(measured)
    answers = [runs[0][3][0] for runs in times.values()]
    apart = max(abs(a - b) for a, b in zip(answers[0], answers[1]))
    print(f"\n{folder.name}, {tokens} tokens, {threads} thread(s), load {os.getloadavg()[0]:.1f}; "
          f"mlship and onnxruntime differ by {apart:.1e}")
    table("start to first answer", {name: [run[:2] for run in runs] for name, runs in times.items()},
          {name: max(run[2] for run in runs) for name, runs in times.items()}, "mlship")
    alive = {
        "mlship, prepacked": Served(program, served, request, given | {"MLSHIP_PREPACK": "later"}),
        "mlship, mapped": Served(program, served, request, given | {"MLSHIP_PREPACK": "never"}),
        "onnxruntime": Worker(python, given),
        "torch": Worker(torch, fast),
    }
    warm: dict[str, list] = {name: [] for name in alive}
    for turn in range(options.warm + 3):
        for name, one in alive.items():
            before = used_ms(one.process.pid)
            wall = one.once()
            if turn > 2:
                warm[name].append((wall, used_ms(one.process.pid) - before))
    peaks = {name: peak_mb(one.process.pid) for name, one in alive.items()}
    for one in alive.values():
        one.process.kill()
        one.process.wait()
    table("warm", warm, peaks, "onnxruntime")


def table(title: str, times: dict[str, list], peaks: dict[str, float], base: str) -> None:
    """Wall as medians. CPU as means, for the system counts it in hundredths of a second."""
    wall = {name: statistics.median(run[0] for run in runs) for name, runs in times.items()}
    best = {name: min(run[0] for run in runs) for name, runs in times.items()}
    cpu = {name: statistics.mean(run[1] for run in runs) for name, runs in times.items()}
    print(f"| {title} | wall ms | best ms | CPU ms | wall x | CPU x | peak MB |\n|---|---|---|---|---|---|---|")
    for name in times:
        print(f"| {name} | {wall[name]:.0f} | {best[name]:.0f} | {cpu[name]:.0f} | {wall[name] / wall[base]:.2f} "
              f"| {cpu[name] / cpu[base]:.2f} | {peaks[name]:.0f} |", flush=True)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--cold", type=int, default=7)
    options.add_argument("--warm", type=int, default=40)
    options.add_argument("--tokens", type=int, nargs="+", default=[32, 128])
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--models", nargs="+", default=["f32", "int8"], choices=["f32", "int8"])
    options.add_argument("--mlship", type=pathlib.Path, default=ROOT / "target/debug/mlship")
    options.add_argument("--runtime")
    options.add_argument("--blas")
    options = options.parse_args()
    program = options.runtime or runtime()
    for name in options.models:
        folder = make(name, options.mlship.resolve())
        for tokens in options.tokens:
            for threads in options.threads:
                measure(folder, program, tokens, threads, options)


if __name__ == "__main__":
    main()
