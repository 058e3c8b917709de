"""examples/fastai-digits as an image for Azure Functions, called by Python and converted, in one run.

    .tools/venv/bin/python benches/fastai_image.py [--mlship PATH] [--starts 5] [--warm 40]

Trains in target/bench/fastai-image, once for the same script. No image can be pulled in a test
environment, so that a base is made from scratch of Debian's Python 3.11, its torch and torchvision,
and of fastai with what it needs out of the test environment: it stands for an image with the
packages in it. The tool packages python.yaml on it without `requirements`, and mlship.yaml of the
learner that it converted, each twice to one digest, and sends them to a registry on loopback. Each
image is then started in an engine of its own as the Functions host starts a custom handler, with a
root that is read-only, and asked for both pictures: as JSON, as they are, and in a form. Ends with 1
when an answer differs from the learner's by more than 1e-4.

A start counts from `docker start`, so that Docker's own part is in its wall time; CPU is that of the
container's processes. The host itself is not there. Needs `cargo xtask setup`, and root to start an
engine.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import urllib.request

from cold_start import MLSHIP, ROOT
from fastai_base import TORCH_PYTHON, gather
from functions_here import Instance, docker
from image_push import Engine, Registry

EXAMPLE = ROOT / "examples/fastai-digits"
WORK = ROOT / "target/bench/fastai-image"
TOLERANCE = 1e-4
LANES = {"python": "python.yaml", "native": "mlship.yaml"}


def trained() -> pathlib.Path:
    """The example with its learner, in a folder of its own."""
    project, stamp = WORK / "project", WORK / "project.stamp"
    digest = hashlib.sha256((EXAMPLE / "train.py").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mlship", "__pycache__", "export.*"))
        command = [TORCH_PYTHON, "-W", "ignore", str(EXAMPLE / "train.py"), str(project)]
        subprocess.run(command, check=True)
        stamp.write_text(digest)
    shutil.copy(EXAMPLE / "app.py", project)
    return project


def ran(*words: str, **environment: str) -> str:
    told = subprocess.run(words, stdout=subprocess.PIPE, env=os.environ | environment, check=False, text=True)
    if told.returncode != 0:
        sys.exit(f"{' '.join(words)} failed:\n{told.stdout}")
    return told.stdout


def base(engine: Engine, name: str) -> None:
    folder = WORK / "base"
    gather(folder / "root")
    # An image of the Functions host starts the host.
    start = 'ENTRYPOINT ["/usr/bin/python3.11"]'
    (folder / "Dockerfile").write_text(f"FROM scratch\nCOPY root/ /\nENV PATH=/usr/bin\n{start}\n")
    docker(engine, "build", "--quiet", "--tag", name, str(folder))
    shutil.rmtree(folder)
    docker(engine, "push", "--quiet", name)


def manifests(project: pathlib.Path, name: str) -> None:
    """The example's own, on the base; the packages of the handler are the base's."""
    for file in LANES.values():
        text = (EXAMPLE / file).read_text()
        text = text.replace("  requirements: requirements.txt\n", "")
        text = text.replace("kind: functions-flex,", "kind: functions-premium, package: image,")
        (project / file).write_text(f"{text}\nimage: {{base: \"{name}\"}}\n")


def packaged(mlship: list[str], project: pathlib.Path, lane: str, name: str) -> None:
    """Packages it twice, and sends it once."""
    command = [*mlship, "package", "--provider", "azure", "--manifest", str(project / LANES[lane]), "--quiet"]
    digests = []
    for more in [[], ["--push", name]]:
        shutil.rmtree(project / ".mlship", ignore_errors=True)
        told = ran(*command, "--output", "json", "--format", "image", *more, MLSHIP_PYTHON=TORCH_PYTHON)
        digests.append(json.loads(told)["artifact"]["sha256"])
    if digests[0] != digests[1]:
        sys.exit(f"{lane}: two packages of the same files differ: {digests}")
    print(f"{lane}: sha256:{digests[0]}, twice")


def layers(name: str) -> dict[str, int]:
    """Layers of an image in the registry, with their compressed bytes."""
    host, _, rest = name.partition("/")
    path, _, tag = rest.partition(":")
    kinds = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"]
    asked = urllib.request.Request(f"http://{host}/v2/{path}/manifests/{tag}", headers={"Accept": ", ".join(kinds)})
    with urllib.request.urlopen(asked) as answer:
        return {layer["digest"]: layer["size"] for layer in json.load(answer)["layers"]}


def asked(project: pathlib.Path) -> list[tuple[dict, dict]]:
    """Every request, as `requests` takes it, with the answer of the learner."""
    found = []
    for number in [1, 2]:
        sample = project / "samples" / str(number)
        picture = sample.with_suffix(".png").read_bytes()
        expected = json.loads(sample.with_suffix(".expect.json").read_text())
        for how in [
            {"data": sample.with_suffix(".json").read_bytes(), "headers": {"Content-Type": "application/json"}},
            {"data": picture, "headers": {"Content-Type": "image/png"}},
            {"files": {"picture": ("digit.png", picture, "image/png")}},
        ]:
            found.append((how, expected))
    return found


def apart(expected: dict, answer: dict) -> float:
    """The largest difference of a probability; infinite where anything else is another."""
    told, wanted = answer["probabilities"], expected["probabilities"]
    if answer["digit"] != expected["digit"] or list(told) != list(wanted):
        return float("inf")
    return max(abs(told[digit] - wanted[digit]) for digit in wanted)


def measured(engine: Engine, name: str, project: pathlib.Path, chosen: argparse.Namespace) -> tuple[list[float], float]:
    """Wall and CPU of a start, warm time, peak in MB; and how far the answers are from the learner's."""
    every = asked(project)
    starts, warm, far, peak = [], [], 0.0, 0
    for turn in range(chosen.starts):
        instance = Instance(engine, name, every[0][0])
        starts.append((instance.wall_ms, instance.cpu_ms))
        far = max([far, *(apart(expected, instance.answer(how)[0]) for how, expected in every)])
        if turn == chosen.starts - 1:
            warm = [instance.answer(every[at % len(every)][0])[1] for at in range(chosen.warm)]
        peak = max(peak, instance.peak_bytes())
        instance.end()
    wall, cpu = (statistics.median(part) for part in zip(*starts))
    return [wall, cpu, statistics.median(warm), peak / 1e6], far


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--mlship", type=pathlib.Path)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--warm", type=int, default=40)
    chosen = options.parse_args()
    mlship = [str(chosen.mlship.resolve())] if chosen.mlship else MLSHIP
    WORK.mkdir(parents=True, exist_ok=True)
    for left in ["base", "registry"]:
        shutil.rmtree(WORK / left, ignore_errors=True)
    project = trained()
    registry, engine = Registry(WORK), Engine(WORK)
    try:
        sys.exit(compare(mlship, project, f"127.0.0.1:{registry.port}", engine, chosen))
    finally:
        # The images go with the engine's folder and the registry's.
        engine.stop()
        registry.stop()
        shutil.rmtree(WORK / "registry", ignore_errors=True)


def compare(mlship: list[str], project: pathlib.Path, host: str, engine: Engine, chosen: argparse.Namespace) -> int:
    below = f"{host}/team/fastai:3.11"
    base(engine, below)
    manifests(project, below)
    (project / "export.onnx").unlink(missing_ok=True)
    learner = str(project / "export.pkl")
    ran(*mlship, "convert", learner, "--trust", "--python", TORCH_PYTHON, "--quiet")
    of_base, rows, worst = layers(below), {}, 0.0
    print(f"base: {sum(of_base.values()) / 1e6:.1f} MB compressed")
    for lane in LANES:
        name = f"{host}/team/{lane}:1"
        packaged(mlship, project, lane, name)
        docker(engine, "pull", "--quiet", name)
        beyond = sum(size for digest, size in layers(name).items() if digest not in of_base)
        figures, far = measured(engine, name, project, chosen)
        rows[lane], worst = [beyond / 1e6, *figures], max(worst, far)
        print(f"{lane}: answers at most {far:.1e} from the learner's")
    print(f"\nstarts: p50 of {chosen.starts}, warm: p50 of {chosen.warm}; load {os.getloadavg()[0]:.1f}")
    print(f"{'lane':8}{'MB beyond the base':>20}{'start wall ms':>16}{'CPU ms':>10}{'warm ms':>10}{'peak MB':>10}")
    for lane, (size, wall, cpu, warm, peak) in rows.items():
        print(f"{lane:8}{size:20.2f}{wall:16.0f}{cpu:10.0f}{warm:10.2f}{peak:10.0f}")
    return 1 if worst > TOLERANCE else 0


if __name__ == "__main__":
    main()
