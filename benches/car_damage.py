"""The whole way of examples/car-damage: from the training script to a form with a picture that a
Lambda function answers, with the classes beside those of onnxruntime and torchvision.

    .tools/venv/bin/python benches/car_damage.py [--mlship PATH] [--pictures 12] [--starts 3]

Trains in target/bench/car-damage, once for the same scripts; deploys the zip with the tool to AWS on
this machine (moto), which puts the weights into its S3; starts what was sent under the Lambda runtime
interface emulator, with the weights fetched and with the weights kept; and sends each picture, none of
them trained on, as a function URL does with what a browser's form or `curl -F` posts. Ends with 1 when
a class is another one. One thread: the function has less memory than two processors. Needs
`cargo xtask setup`.
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import zipfile

from cold_start import MLSHIP, ROOT
from lambda_here import Account, Instance

EXAMPLE = ROOT / "examples/car-damage"
WORK = ROOT / "target/bench/car-damage"
TORCH_PYTHON = "/usr/bin/python3"
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def trained() -> pathlib.Path:
    """The example with its model, in a folder of its own."""
    project, stamp = WORK / "project", WORK / "project.stamp"
    scripts = (EXAMPLE / "train.py").read_bytes() + (EXAMPLE / "pictures.py").read_bytes()
    digest = hashlib.sha256(scripts).hexdigest()
    if not (project / "model.onnx").exists() or not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mlship", "__pycache__", "*.onnx"))
        begin = time.perf_counter()
        command = [TORCH_PYTHON, "-W", "ignore", str(EXAMPLE / "train.py"), str(project)]
        subprocess.run(command, env=ONE_THREAD, check=True)
        print(f"{time.perf_counter() - begin:8.1f} s   training")
        stamp.write_text(digest)
    shutil.copy(EXAMPLE / "mlship.yaml", project)
    return project


def reference(project: pathlib.Path, numbers: range) -> dict[int, tuple[bytes, list[float]]]:
    """Each picture's file, and the probabilities that onnxruntime gives to what torchvision makes of it."""
    import numpy
    import onnxruntime

    folder = WORK / "pictures"
    folder.mkdir(exist_ok=True)
    script = ROOT / "benches/models/car_reference.py"
    command = [TORCH_PYTHON, str(script), str(EXAMPLE), str(folder), *map(str, numbers)]
    subprocess.run(command, env=ONE_THREAD, check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(project / "model.onnx"), options, providers=["CPUExecutionProvider"])
    found, times = {}, []
    for number in numbers:
        prepared = numpy.load(folder / f"{number}.npy")
        begin = time.perf_counter()
        scores = session.run(None, {"image": prepared})[0][0].astype(numpy.float64)
        times.append((time.perf_counter() - begin) * 1e3)
        powers = numpy.exp(scores - scores.max())
        found[number] = (folder / f"{number}.jpg").read_bytes(), (powers / powers.sum()).tolist()
    print(f"{statistics.median(times):8.0f} ms  Python onnxruntime, the model alone, one thread, p50 of {len(times)}")
    return found


def event(jpeg: bytes) -> bytes:
    """What a function URL makes of a posted form; `requests` writes the form."""
    import requests

    url = "https://function.example/predict"
    posted = requests.Request("POST", url, files={"picture": ("car.jpg", jpeg, "image/jpeg")}).prepare()
    told = {
        "version": "2.0", "rawPath": "/predict", "rawQueryString": "",
        "headers": {name.lower(): value for name, value in posted.headers.items()},
        "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"},
        "body": base64.b64encode(posted.body).decode(), "isBase64Encoded": True,
    }
    return json.dumps(told).encode()


def read(answer: bytes) -> dict:
    told = json.loads(answer)
    if told.get("statusCode") != 200:
        sys.exit(f"refused: {answer.decode()}")
    return json.loads(told["body"])


def started(account: Account, scratch: str, asked: bytes) -> tuple[Instance, float]:
    """An instance, and the milliseconds from its start to its first answer."""
    begin = time.perf_counter()
    instance = Instance(*account.function(scratch))
    read(instance.answer(asked))
    return instance, (time.perf_counter() - begin) * 1e3


def deploy(mlship: list[str], project: pathlib.Path, account: Account) -> None:
    command = [*mlship, "deploy", "--provider", "aws", "--manifest", str(project / "mlship.yaml")]
    begin = time.perf_counter()
    told = subprocess.run(
        [*command, "--quiet", "--output", "json"], env=os.environ | account.environment, stdout=subprocess.PIPE
    )
    if told.returncode != 0:
        sys.exit(told.stdout.decode())
    print(f"{time.perf_counter() - begin:8.1f} s   deploy, both samples answered by the function: ", end="")
    print(json.dumps(json.loads(told.stdout)["answer"]))
    account.function()
    with zipfile.ZipFile(WORK / "aws/function.zip") as archive:
        names = archive.namelist()
    if any("weights" in name for name in names):
        sys.exit(f"the zip has weights in it: {names}")
    (weights,) = (WORK / "aws/scratch").rglob("weights.data")
    print(f"{(project / 'model.onnx').stat().st_size / 1e6:8.1f} MB  model.onnx")
    print(f"{(WORK / 'aws/function.zip').stat().st_size / 1e6:8.1f} MB  the zip, {len(names)} files")
    print(f"{weights.stat().st_size / 1e6:8.1f} MB  the weights, in S3")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--mlship", type=pathlib.Path)
    options.add_argument("--pictures", type=int, default=12)
    options.add_argument("--starts", type=int, default=3)
    chosen = options.parse_args()
    mlship = [str(chosen.mlship.resolve())] if chosen.mlship else MLSHIP
    WORK.mkdir(parents=True, exist_ok=True)
    project, aws = trained(), WORK / "aws"
    kinds = (project / "labels.txt").read_text().split()
    shutil.rmtree(aws, ignore_errors=True)
    shutil.rmtree(project / ".mlship", ignore_errors=True)
    aws.mkdir()
    expected = reference(project, range(2000, 2000 + chosen.pictures))
    account = Account(aws)
    try:
        deploy(mlship, project, account)
        sys.exit(compare(account, kinds, expected, chosen.starts))
    finally:
        account.end()


def compare(account: Account, kinds: list[str], expected: dict, starts: int) -> int:
    asked = {number: event(jpeg) for number, (jpeg, _) in expected.items()}
    first = next(iter(asked.values()))
    cold = {"fetched": [], "kept": []}
    for turn in range(starts):
        for case in cold:
            instance, took = started(account, f"scratch-{turn}", first)
            cold[case].append(took)
            if turn < starts - 1 or case == "fetched":
                instance.end()
    for case, times in cold.items():
        print(f"{statistics.median(times):8.0f} ms  start to first answer, weights {case}, p50 of {starts}")
    warm, apart, others, right = [], 0.0, 0, 0
    for number, (_, scores) in expected.items():
        begin = time.perf_counter()
        answer = read(instance.answer(asked[number]))
        warm.append((time.perf_counter() - begin) * 1e3)
        best = kinds[scores.index(max(scores))]
        others += answer["damage"] != best
        right += answer["damage"] == kinds[number % len(kinds)]
        told = answer["probabilities"].items()
        apart = max([apart, *(abs(value - scores[kinds.index(kind)]) for kind, value in told)])
    peak = instance.peak_bytes()
    instance.end()
    print(f"{peak / 1e6:8.0f} MB  resident memory at most, of which the weights are mapped from their file")
    print(f"{statistics.median(warm):8.0f} ms  warm, from the form to the answer, p50 of {len(warm)}")
    print(f"{len(asked) - others} of {len(asked)} classes are onnxruntime's; {right} are what was drawn")
    print(f"probabilities at most {apart:.1e} apart; load {os.getloadavg()[0]:.1f}")
    return 1 if others else 0


if __name__ == "__main__":
    main()
