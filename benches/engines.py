"""Each engine over the same networks, side by side in one run: start to first answer, and warm.

    .tools/venv/bin/python benches/engines.py [--models mobilenet_v2 resnet50] [--threads 1 2]
        [--cold 7] [--rounds 40] [--native PROGRAM] [--onnxruntime FOLDER]

Makes torchvision's networks once (`models/vision.py`, random weights, seeded) and bundles of them. Then
it starts in turn, each time anew: the native runtime, the runtime with ONNX Runtime as an artifact has
it, Python onnxruntime of the same version; and keeps one process of each to answer the same request
over and over, in turn. Of a warm process two times are told: the whole, from the request's JSON to the
answer's, and what the model alone takes (the runtime's `--measure`; `InferenceSession.run` in Python).
`--onnxruntime` is a folder with `mlship-start` and `lib`. CPU times are the steadier ones on a machine
with other work. Needs `cargo xtask setup`; pages are warm in the cache.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "bench" / "engines"
PYTHON = sys.executable
TORCH_PYTHON = "/usr/bin/python3"
CLEAN = {"PATH": "/usr/bin:/bin"}

# What Python does: reads the request, runs, writes the answer; with `--serve` once a line.
PEER = """
import json, sys, time
import numpy, onnxruntime
folder, threads, serve = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["--serve"]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
session = onnxruntime.InferenceSession(folder + "/model.onnx", options, providers=["CPUExecutionProvider"])
body = open(folder + "/request.json").read()
def answer():
    x = {"x": numpy.array(json.loads(body)["x"], dtype=numpy.float32)}
    begin, cpu = time.perf_counter(), time.process_time()
    logits = session.run(None, x)[0]
    took = time.perf_counter() - begin, time.process_time() - cpu
    return json.dumps({"logits": logits.tolist()}), took
if not serve:
    print(answer()[0])
else:
    for _ in range(3):
        answer()
    print("ready", flush=True)
    for _ in sys.stdin:
        begin, cpu = time.perf_counter(), time.process_time()
        _, run = answer()
        print(json.dumps([time.perf_counter() - begin, time.process_time() - cpu, *run]), flush=True)
"""


def make(name: str) -> pathlib.Path:
    """The folder of a network as a bundle's graph, weights and request."""
    import numpy
    import onnx

    folder = WORK / name
    if not (folder / "model.onnx").exists():
        script = ROOT / "benches" / "models" / "vision.py"
        subprocess.run([TORCH_PYTHON, str(script), name, str(folder)], check=True)
    if not (folder / "request.json").exists():
        x = numpy.random.default_rng(0).standard_normal((1, 3, 224, 224)).round(3)
        (folder / "request.json").write_text(json.dumps({"x": x.tolist()}))
    for engine in ["neural", "onnxruntime"]:
        into = folder / engine
        if (into / "bundle.json").exists():
            continue
        into.mkdir(exist_ok=True)
        model = onnx.load(folder / "model.onnx")
        onnx.save_model(model, into / "model.onnx", save_as_external_data=True, location="weights.data")
        port = {"element": "f32"}
        described = {
            "format": 1,
            "name": name.replace("_", "-"),
            "model": {
                "engine": engine,
                "path": "model.onnx",
                "weights": "weights.data",
                "source-sha256": "0" * 64,
                "inputs": [{"name": "x", "shape": [None, 3, 224, 224], **port}],
                "outputs": [{"name": "logits", "shape": [None, 1000], **port}],
            },
            "input": "tensor",
            "output": "tensor",
            "samples": [],
            "bounds": {"body-bytes": 6 << 20, "rows": 100, "timeout-s": 60},
        }
        (into / "bundle.json").write_text(json.dumps(described))
    return folder


def manned(folder: pathlib.Path, kit: pathlib.Path) -> pathlib.Path:
    """The program of a bundle with ONNX Runtime's library in it, as an artifact has it."""
    import onnxruntime

    into = folder / "onnxruntime"
    shutil.copytree(kit / "lib", into / "lib", dirs_exist_ok=True)
    shutil.copy(kit / "mlship-start", into / "bootstrap")
    library = next((pathlib.Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"))
    shutil.copy(library, into / "lib" / "libonnxruntime.so.1")
    return into / "bootstrap"


def cold(command: list[str], request: pathlib.Path, given: dict[str, str]) -> tuple[float, float, list]:
    """One process from its start to its end: wall and CPU milliseconds, and the answer."""
    with open(request, "rb") as stdin:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, env=given)
        line = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - begin) * 1e3
        process.returncode = status
    if status != 0:
        sys.exit(f"{command} failed")
    return wall, (used.ru_utime + used.ru_stime) * 1e3, json.loads(line)["logits"][0]


def measured(command: list[str], request: pathlib.Path, given: dict[str, str]) -> tuple[float, float, float]:
    """Some warm answers of one process: median of the whole and of the model alone in milliseconds, and
    CPU milliseconds an answer with the start divided among them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(request, "rb") as stdin:
        said = subprocess.run([*command, "--measure"], stdin=stdin, capture_output=True, env=given, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(said.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return told["median-us"] / 1e3, told["run-median-us"] / 1e3, cpu * 1e3 / told["answers"]


class Peer:
    """Python onnxruntime that answers when it is told to."""

    def __init__(self, folder: pathlib.Path, threads: int) -> None:
        self.process = subprocess.Popen(
            [PYTHON, "-c", PEER, str(folder), str(threads), "--serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.process.stdout.readline()

    def some(self, least: int, seconds: float) -> tuple[float, float]:
        """As `--measure` does: medians of the whole and of the model alone."""
        whole, run = [], []
        begin = time.perf_counter()
        while len(whole) < least or time.perf_counter() - begin < seconds:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            told = json.loads(self.process.stdout.readline())
            whole.append(told[0] * 1e3)
            run.append(told[2] * 1e3)
        return statistics.median(whole), statistics.median(run)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def compare(name: str, threads: int, args: argparse.Namespace) -> None:
    folder = make(name)
    program = manned(folder, args.onnxruntime)
    request = folder / "request.json"
    given = CLEAN | {"MLSHIP_THREADS": str(threads)}
    native = [str(args.native), "--bundle", str(folder / "neural")]
    sides = {
        "native": [*native, "--answer"],
        "onnxruntime": [str(program), "--answer"],
        "Python onnxruntime": [PYTHON, "-c", PEER, str(folder), str(threads)],
    }
    starts = {side: [] for side in sides}
    for _ in range(args.cold):
        for side, command in sides.items():
            starts[side].append(cold(command, request, given))
    answers = {side: runs[0][2] for side, runs in starts.items()}
    apart = max(
        abs(a - b) for side in answers for a, b in zip(answers[side], answers["Python onnxruntime"], strict=True)
    )
    print(f"\n{name}, {threads} thread(s), load {os.getloadavg()[0]:.1f}; answers at most {apart:.1e} apart\n")
    print("| start to first answer | wall ms | least | CPU ms |\n|---|---|---|---|")
    for side, runs in starts.items():
        wall, cpu = [run[0] for run in runs], [run[1] for run in runs]
        print(f"| {side} | {statistics.median(wall):.0f} | {min(wall):.0f} | {statistics.median(cpu):.0f} |")
    warm(folder, program, native, threads, given, args)


def warm(folder, program, native, threads, given, args) -> None:
    request = folder / "request.json"
    peer = Peer(folder, threads)
    figures = {"native, prepacked": [], "onnxruntime": [], "Python onnxruntime": []}
    for _ in range(args.rounds):
        figures["onnxruntime"].append(measured([str(program)], request, given))
        figures["Python onnxruntime"].append(peer.some(5, 0.5))
        if args.native_measures:
            figures["native, prepacked"].append(measured(native, request, given | {"MLSHIP_PREPACK": "load"}))
    peer.close()
    print("\n| warm | JSON to JSON p50 ms | least | the model p50 ms | least |\n|---|---|---|---|---|")
    for side, rounds in figures.items():
        if rounds:
            whole, run = [sorted(round[at] for round in rounds) for at in (0, 1)]
            print(
                f"| {side} | {statistics.median(whole):.2f} | {whole[0]:.2f} "
                f"| {statistics.median(run):.2f} | {run[0]:.2f} |"
            )
    pairs = zip(figures["onnxruntime"], figures["Python onnxruntime"], strict=True)
    ratios = [(ours[0] / theirs[0], ours[1] / theirs[1]) for ours, theirs in pairs]
    whole, run = (statistics.median(ratio[at] for ratio in ratios) for at in (0, 1))
    print(f"\nonnxruntime against Python's, median of the rounds' ratios: model {run:.3f}, JSON to JSON {whole:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["mobilenet_v2", "resnet50"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--cold", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--native", type=pathlib.Path, required=True)
    parser.add_argument("--onnxruntime", type=pathlib.Path, required=True)
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    usage = subprocess.run([args.native, "--help"], capture_output=True, text=True).stderr
    args.native_measures = "--measure" in usage
    for name in args.models:
        for threads in args.threads:
            compare(name, threads, args)


if __name__ == "__main__":
    main()
