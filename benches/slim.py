"""Python packages of real models made smaller: bytes, answers, cold start, against the peer.

    .tools/venv/bin/python benches/slim.py [--stacks scikit-learn …] [--runs 5] [--target-dir …]

For each stack the packages are installed from PyPI, and made smaller in turn: by the rules of
serverless-python-requirements (`slim: true`: `find -name '*.so' -exec strip`, then bytecode and
`*.dist-info` deleted), by the same without `strip`, and by mlship at each level. Each artifact is
asked all requests, those held out too, and its answers are compared with those of the packages as
installed. Cold start is the processor time of a process that starts, imports, loads and answers
once, median of `--runs`, nothing written to disk, pages warm; mlship's packages are imported as the
runtime's worker imports a handler, which looks for garbage only afterwards. Needs `cargo xtask setup`, `strip`;
the stack `torch` is Debian's, of Python 3.11, and is measured with stubs too.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import zipfile

from slim_stacks import STACKS, Stack
import slim_torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "bench" / "slim"
LEVELS = ["safe", "balanced", "traced"]
STUBS = "balanced, stubs"
TORCH = Stack("Debian's python3-torch and python3-torchvision", slim_torch.TRAIN, slim_torch.APP, gathered=True, stubs="")

# Runs a handler over folders of requests: all of them, or the first alone.
ASK = """
import json, os, sys
packages, handler, once, *folders = sys.argv[1:]
sys.path[:0] = [handler, packages]
if os.path.exists(os.path.join(packages, "_mlship_guard.json")):
    import _mlship_guard
    _mlship_guard.install()
if once == "once, by the worker":
    # As the runtime's worker imports a handler.
    import gc
    usual = gc.get_threshold()
    gc.set_threshold(1_000_000, *usual[1:])
    import app
    gc.set_threshold(*usual)
    gc.freeze()
import app
app.load()
answers = {}
for folder in folders:
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as file:
            answers[os.path.join(os.path.basename(folder), name)] = app.predict(json.load(file))
        if once != "all":
            break
print(json.dumps(answers), flush=True)
# What a process does at its end nobody waits for.
os._exit(0)
"""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def size(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def zipped(folder: pathlib.Path) -> int:
    archive = WORK / "size.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    length = archive.stat().st_size
    archive.unlink()
    return length


def command(python: str, packages: pathlib.Path, place: pathlib.Path, once: str, folders: list[str]) -> list[str]:
    flags = ["-P", "-s", "-S", "-B", "-c", ASK]
    requests = [str(place / folder) for folder in folders]
    return [python, *flags, str(packages), str(place / "handler"), once, *requests]


def answers(python: str, packages: pathlib.Path, place: pathlib.Path) -> tuple[dict | None, str]:
    """All answers, or what the process said last."""
    words = command(python, packages, place, "all", ["samples", "held-out"])
    ran = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines() or [f"status {ran.returncode}"]
        # Long messages quote the loader's own words somewhere within.
        blamed = [line for line in said if "ELF" in line or re.search(r"Error: .", line)]
        return None, (blamed or said)[-1].strip()[:300]
    return json.loads(ran.stdout), "as before"


def cold(python: str, variant: str, packages: pathlib.Path, place: pathlib.Path) -> float:
    """Processor milliseconds from the start to the first answer."""
    how = "once, by the worker" if variant.startswith("mlship") else "once"
    words = command(python, packages, place, how, ["samples"])
    quiet = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawn(words[0], words, ENVIRONMENT, file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1)])
    os.close(quiet)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{packages} does not answer")
    return (used.ru_utime + used.ru_stime) * 1e3


def peer(installed: pathlib.Path, to: pathlib.Path, strip: bool) -> pathlib.Path:
    """What serverless-python-requirements leaves of the packages."""
    shutil.copytree(installed, to)
    if strip:
        find = ["find", str(to), "-name", "*.so", "-exec", "strip", "{}", ";"]
        subprocess.run(find, check=False, stderr=subprocess.DEVNULL)
    for path in sorted(to.rglob("*"), reverse=True):
        if path.suffix in (".pyc", ".pyo"):
            path.unlink()
        elif path.is_dir() and ("__pycache__" in path.name or ".dist-info" in path.name):
            shutil.rmtree(path)
    return to


def prepare(name: str, stack: Stack, python: str, slim: list[str], uv: str) -> pathlib.Path:
    """Installs the packages, trains the model; gives the folder of it all."""
    place = WORK / name.replace(", ", "-")
    shutil.rmtree(place, ignore_errors=True)
    (place / "handler").mkdir(parents=True)
    (place / "handler" / "app.py").write_text(stack.app)
    (place / "requirements.txt").write_text(stack.requirements + "\n")
    # The first level installs; a model needs the packages first.
    if stack.gathered:
        slim_torch.gather(place / "installed", uv, WORK / "tools")
    else:
        subprocess.run([*slim, "--install-only", str(place / "requirements.txt"), str(place / "installed")], check=True)
    train = f"import sys; sys.path.insert(0, {str(place / 'installed')!r})\n{stack.train}"
    flags = ["-P", "-s", "-S", "-B", "-c", train]
    subprocess.run([python, *flags, str(place), str(ROOT)], env=ENVIRONMENT, check=True)
    return place


def measure(name: str, stack: Stack, python: str, slim: list[str], uv: str, runs: int) -> dict:
    if stack.gathered:
        python = slim_torch.PYTHON
        slim = [slim[0], "--python", python, "--platform", "x86_64-manylinux_2_36"]
    place = prepare(name, stack, python, slim, uv)
    variants = {
        "installed": place / "installed",
        "serverless slim": peer(place / "installed", place / "peer", True),
        "serverless slim, no strip": peer(place / "installed", place / "peer-unstripped", False),
    }
    told = {}
    for level in levels(stack):
        out = place / level.replace(", ", "-")
        places = [place / "requirements.txt", place / "handler", place / "samples", out, level.split(",")[0]]
        held = ["--held-out", str(place / "held-out"), "--installed", str(place / "installed")]
        held += ["--stubs", stack.stubs or ""] if level == STUBS else []
        ran = subprocess.run([*slim, *map(str, places), *held], check=True, capture_output=True, text=True)
        told[level] = [line.strip() for line in ran.stdout.splitlines() if line.strip().startswith("put back")]
        variants[f"mlship, {level}"] = out / "packages"
    right, _ = answers(python, variants["installed"], place)
    rows = {}
    for variant, packages in variants.items():
        got, said = answers(python, packages, place)
        if got is not None and got != right:
            said = "OTHER ANSWERS"
        rows[variant] = {"bytes": size(packages), "zip": zipped(packages), "said": said, "works": said == "as before"}
    working = [variant for variant, row in rows.items() if row["works"]]
    times: dict[str, list[float]] = {variant: [] for variant in working}
    for turn in range(runs + 1):
        for variant in working:
            measured = cold(python, variant, variants[variant], place)
            if turn > 0:
                times[variant].append(measured)
    for variant in working:
        rows[variant]["cpu"] = statistics.median(times[variant])
    report(name, stack, rows, told)
    return rows


def levels(stack: Stack) -> list[str]:
    return LEVELS if stack.stubs is None else [*LEVELS, STUBS]


def report(name: str, stack: Stack, rows: dict, told: dict) -> None:
    against = next(v for v in ("serverless slim", "serverless slim, no strip") if rows[v]["works"])
    base = rows[against]
    print(f"\n{name} ({stack.requirements.replace(chr(10), ', ')}); x: against `{against}`")
    print(f"{'':27}{'MB':>8}{'x':>7}{'zip MB':>9}{'x':>7}{'CPU ms':>9}{'x':>7}  answers")
    for variant, row in rows.items():
        cpu = f"{row['cpu']:9.0f}{base['cpu'] / row['cpu']:7.2f}" if "cpu" in row else f"{'':16}"
        print(
            f"{variant:27}{row['bytes'] / 1e6:8.1f}{base['bytes'] / row['bytes']:7.2f}"
            f"{row['zip'] / 1e6:9.1f}{base['zip'] / row['zip']:7.2f}{cpu}  {row['said']}"
        )
    for level in levels(stack):
        row = rows[f"mlship, {level}"]
        for line in told[level][:5]:
            print(f"  {level}: {line[:200]}")
        if len(told[level]) > 5:
            print(f"  {level}: {len(told[level]) - 5} more put back")
        if stack.bar and row["works"]:
            small, fast = base["bytes"] / row["bytes"] >= stack.bar, base["cpu"] / row["cpu"] >= 2
            verdicts = [f"{'meets' if small else 'misses'} {stack.bar}x", f"{'meets' if fast else 'misses'} 2x CPU"]
            print(f"  {level}: {', '.join(verdicts)}")
    sys.stdout.flush()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--stacks", nargs="+", choices=[*STACKS, "torch"], default=list(STACKS))
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--python", default=sys.executable, help="of the version to measure with")
    options.add_argument("--target-dir", default=str(ROOT / "target"))
    chosen = options.parse_args()
    build = ["cargo", "build", "--quiet", "--package", "mlship-slim", "--example", "slim"]
    subprocess.run([*build, "--target-dir", chosen.target_dir], cwd=ROOT, check=True)
    slim = [f"{chosen.target_dir}/debug/examples/slim", "--python", chosen.python]
    beside = pathlib.Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else "uv"
    slim += ["--uv", uv]
    WORK.mkdir(parents=True, exist_ok=True)
    python = os.path.realpath(chosen.python)
    print(f"{subprocess.check_output([python, '--version'], text=True).strip()}, load {os.getloadavg()[0]:.1f}")
    stacks = STACKS | {"torch": TORCH}
    rows = {name: measure(name, stacks[name], python, slim, uv, chosen.runs) for name in chosen.stacks}
    print(json.dumps(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
