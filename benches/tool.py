"""The tool itself: sizes of the two runtimes, and how long `--help` and `check-limits` take.

    .tools/venv/bin/python benches/tool.py [--release] [--runs 20]

Times are of whole processes, spawn to exit, median and least; an empty static program stands
beside them as the floor. Without `--release` the debug build is measured.
"""

import argparse
import pathlib
import statistics
import subprocess

from cold_start import ROOT, WORK, empty_program, once

EXAMPLE = ROOT / "examples/heart-disease/mlship.yaml"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--release", action="store_true")
    options.add_argument("--runs", type=int, default=20)
    chosen = options.parse_args()
    profile = ["--release"] if chosen.release else []
    subprocess.run(["cargo", "build", "--quiet", "--bin", "mlship", *profile], cwd=ROOT, check=True)
    folder = ROOT / "target" / ("release" if chosen.release else "debug")
    mlship = str(folder / "mlship")
    WORK.mkdir(parents=True, exist_ok=True)
    cases = {
        "empty static program": [str(empty_program())],
        "mlship --help": [mlship, "--help"],
        "mlship check-limits (all kinds)": [mlship, "check-limits", "--manifest", str(EXAMPLE)],
    }
    print(f"{pathlib.Path(mlship).stat().st_size / 1e6:8.1f} MB  the tool ({folder.name})")
    for runtime in sorted(folder.glob("build/mlship-embed-*/out/[cn]*l")):
        print(f"{runtime.stat().st_size / 1e6:8.2f} MB  the {runtime.name} runtime")
    print(f"{'median of ' + str(chosen.runs):34}{'wall ms':>10}{'CPU ms':>10}{'least wall':>12}")
    for name, command in cases.items():
        runs = [once(command, b"") for _ in range(chosen.runs + 1)][1:]
        wall, cpu = [run[0] for run in runs], [run[1] for run in runs]
        print(
            f"{name:34}{statistics.median(wall):10.2f}{statistics.median(cpu):10.2f}{min(wall):12.2f}"
        )


if __name__ == "__main__":
    main()
