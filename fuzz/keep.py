"""Keeps of all that a target has tried the little that reaches furthest.

Usage: keep.py PROGRAM CORPUS BYTES FOLDER... Fills CORPUS with files of the folders, together at
most so many bytes: first what reaches most new code for its length, then what runs it most
differently. PROGRAM is the target as cargo fuzz built it.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile


def reached(program, folders, flags):
    """For each file what of the program it reaches, as libFuzzer numbers it."""
    with tempfile.TemporaryDirectory() as folder:
        notes = pathlib.Path(folder, "notes")
        nothing = pathlib.Path(folder, "nothing")
        nothing.mkdir()
        command = [program, "-merge=1", f"-merge_control_file={notes}", *flags, nothing, *folders]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        lines = notes.read_text().splitlines()
    files = lines[2 : 2 + int(lines[0])]
    found = [set() for _ in files]
    for line in lines[2 + len(files) :]:
        kind, *numbers = line.split()
        if kind == "FT":
            found[int(numbers[0])].update(map(int, numbers[1:]))
    return dict(zip(map(pathlib.Path, files), found))


def choose(found, kept, bytes_left):
    """Adds files until nothing new is reached or no more fits; what is left of the bytes."""
    seen = set().union(*(found[file] for file in kept if file in found))
    lengths = {file: file.stat().st_size for file in found}
    while True:
        fits = [file for file in found if file not in kept and lengths[file] <= bytes_left]
        gain = lambda file: len(found[file] - seen) / (lengths[file] + 8)
        best = max(fits, key=gain, default=None)
        if best is None or gain(best) == 0:
            return bytes_left
        kept.append(best)
        seen |= found[best]
        bytes_left -= lengths[best]
        # What has nothing new now never will.
        found = {file: reached - seen for file, reached in found.items() if reached - seen}


program, corpus, budget, *folders = sys.argv[1:]
kept = []
left = int(budget)
for flags in (["-use_counters=0"], []):
    left = choose(reached(program, folders, flags), kept, left)
held = [(hashlib.sha1(file.read_bytes()).hexdigest()[:16], file.read_bytes()) for file in kept]
shutil.rmtree(corpus, ignore_errors=True)
pathlib.Path(corpus).mkdir(parents=True)
for name, data in held:
    pathlib.Path(corpus, name).write_bytes(data)
print(f"{len(held)} files, {sum(len(data) for _, data in held)} bytes")
