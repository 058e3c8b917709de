"""An image pushed with and without Docker, side by side in one run: wall and CPU.

    .tools/venv/bin/python benches/image_push.py [--runs 5] [--megabytes 100] [--mlship PATH]

Every turn makes a model of random weights, new ones each time, so that nothing of it is in any
cache. mlship packages it and pushes it to a local registry, without a daemon. `docker build` with
templates/dockerfile and `docker push` do the same with the very bundle that mlship left: making
the bundle, compiling and proving it counts for mlship alone. Then one line of the bundle changes,
the weights do not, and both go again, Docker with its build cache.

CPU is that of the client and of dockerd with its containerd; the registry's stands apart. Needs
`cargo xtask setup`, and root to start an engine of its own.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from cold_start import ROOT, free_port

WORK = ROOT / "target" / "bench" / "image-push"
TICKS = os.sysconf("SC_CLK_TCK")
WIDTH = 2048


class Registry:
    """docker-registry on a free port, its blobs in a folder of the bench's."""

    def __init__(self, work: pathlib.Path = WORK) -> None:
        self.port = free_port()
        config = work / "registry.yml"
        config.write_text(
            "version: 0.1\nlog: {level: error}\n"
            f"storage: {{filesystem: {{rootdirectory: {work / 'registry'}}}}}\n"
            f"http: {{addr: '127.0.0.1:{self.port}'}}\n"
        )
        with open(work / "registry.log", "wb") as log:
            command = ["docker-registry", "serve", str(config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/").status == 200)

    def cpu(self) -> float:
        return cpu_of(self.process.pid)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Engine:
    """dockerd with a socket and data of its own, as the tests start it."""

    def __init__(self, work: pathlib.Path = WORK) -> None:
        self.work = work
        # A socket's path may have 108 bytes.
        self.folder = pathlib.Path(f"/tmp/mlship-bench-engine-{os.getpid()}")
        self.folder.mkdir()
        self.socket = f"unix://{self.folder}/docker.sock"
        flags = ["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        paths = {"--host": self.socket, "--data-root": "data", "--exec-root": "exec", "--pidfile": "pid"}
        for flag, path in paths.items():
            flags += [flag, path if "://" in path else str(self.folder / path)]
        with open(work / "dockerd.log", "wb") as log:
            self.process = subprocess.Popen(["dockerd", *flags], stdout=log, stderr=log)
        until(lambda: self.docker("version").returncode == 0)

    def docker(self, *words: str) -> subprocess.CompletedProcess:
        # The old builder: the new one is a plugin that not every engine has.
        environment = {**os.environ, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(self.work / "docker")}
        return subprocess.run(["docker", "-H", self.socket, *words], capture_output=True, env=environment)

    def cpu(self) -> float:
        return sum(cpu_of(pid) for pid in [self.process.pid, *children(self.process.pid)])

    def forget(self) -> None:
        self.docker("image", "prune", "--all", "--force")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        # The host's network is mounted there once a container has used it.
        subprocess.run(["umount", str(self.folder / "exec/netns/default")], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


def until(there) -> None:
    while True:
        try:
            if there():
                return
        except OSError:
            pass
        time.sleep(0.05)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process and the children it has waited for have used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


def children(pid: int) -> list[int]:
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            child = int(stat.parent.name)
            found += [child, *children(child)]
    return found


def make_project(folder: pathlib.Path, megabytes: int, seed: int) -> None:
    """A dense network of random weights, its sample and its manifest."""
    folder.mkdir(parents=True)
    random = numpy.random.default_rng(seed)
    layers = max(1, megabytes * 1_000_000 // (WIDTH * WIDTH * 4))
    nodes, weights = [], []
    for layer in range(layers):
        values = random.standard_normal((WIDTH, WIDTH), dtype=numpy.float32) / WIDTH
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        out = "y" if layer == layers - 1 else f"x{layer + 1}"
        nodes.append(helper.make_node("MatMul", ["x" if layer == 0 else f"x{layer}", f"w{layer}"], [out]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", WIDTH]) for name in "xy"]
    graph = helper.make_graph(nodes, "dense", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    write_manifest(folder, 30)


def write_manifest(folder: pathlib.Path, timeout_s: int) -> None:
    """The bundle carries the timeout: changing it changes the bundle and not the weights."""
    (folder / "mlship.yaml").write_text(
        "version: 1\nname: bench-push\nmodel: {path: model.onnx}\ninput: {tensor: {}}\noutput: {tensor: {}}\n"
        f"resources: {{memory-mb: 3008, timeout-s: {timeout_s}}}\n"
        "targets: {aws: {kind: lambda-image}}\n"
    )


def measured(command: list[str], environment: dict[str, str], daemon, registry: Registry) -> tuple[float, float, float]:
    """Wall and CPU seconds of a command with its daemon's, and the registry's CPU."""
    before = daemon() if daemon else 0.0
    stored = registry.cpu()
    start = time.perf_counter()
    with open(WORK / "said.log", "wb") as said:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command} failed:\n{(WORK / 'said.log').read_text()}")
    own = used.ru_utime + used.ru_stime
    return wall, own + ((daemon() if daemon else 0.0) - before), registry.cpu() - stored


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--mlship", default=str(ROOT / "target" / "release" / "mlship"))
    chosen = options.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    registry, engine = Registry(), Engine()
    times: dict[str, list[tuple[float, float, float]]] = {}
    try:
        for turn in range(chosen.runs):
            for name, one in one_turn(chosen, registry, engine, turn).items():
                times.setdefault(name, []).append(one)
            engine.forget()
    finally:
        engine.stop()
        registry.stop()
        # Every turn's weights are in there.
        shutil.rmtree(WORK / "registry", ignore_errors=True)
        shutil.rmtree(WORK / "project", ignore_errors=True)
    report(times, chosen)


def one_turn(chosen: argparse.Namespace, registry: Registry, engine: Engine, turn: int) -> dict:
    project, tag = WORK / "project", f"127.0.0.1:{registry.port}/bench"
    shutil.rmtree(project, ignore_errors=True)
    make_project(project, chosen.megabytes, turn)
    client = {"DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(WORK / "docker")}
    dockerfile = str(ROOT / "templates/dockerfile/content/Dockerfile")
    found = {}
    for case, timeout_s in [("all new", 30), ("code only", 31)]:
        write_manifest(project, timeout_s)
        manifest = ["--manifest", str(project / "mlship.yaml")]
        push = ["package", *manifest, "--provider", "aws", "--push", f"{tag}/mlship:{turn}-{timeout_s}", "--quiet"]
        found[f"mlship, {case}"] = measured([chosen.mlship, *push], {}, None, registry)
        image = f"{tag}/docker:{turn}-{timeout_s}"
        context = str(project / ".mlship" / "bundle")
        docker = ["docker", "-H", engine.socket]
        build = [*docker, "build", "--quiet", "--tag", image, "--file", dockerfile, context]
        built = measured(build, client, engine.cpu, registry)
        pushed = measured([*docker, "push", image], client, engine.cpu, registry)
        found[f"docker build, {case}"], found[f"docker push, {case}"] = built, pushed
        found[f"docker, {case}"] = tuple(map(sum, zip(built, pushed)))
    return found


def report(times: dict[str, list[tuple[float, float, float]]], chosen: argparse.Namespace) -> None:
    medians = {name: [statistics.median(part) for part in zip(*all_runs)] for name, all_runs in times.items()}
    print(f"median of {chosen.runs}; {chosen.megabytes} MB of random weights; seconds")
    print(f"{'':26}{'wall':>9}{'CPU':>9}{'registry CPU':>14}{'wall x':>9}{'CPU x':>9}   (x: against mlship)")
    for name, (wall, cpu, stored) in medians.items():
        own = medians["mlship, " + name.split(", ")[1]]
        print(f"{name:26}{wall:9.2f}{cpu:9.2f}{stored:14.2f}{wall / own[0]:9.1f}{cpu / own[1]:9.1f}")
    print(json.dumps(medians), file=sys.stderr)


if __name__ == "__main__":
    main()
