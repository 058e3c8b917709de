"""Keeps of all that a target has tried the little that reaches furthest.

Usage: keep.py PROGRAM CORPUS BYTES FILES FOLDER... Fills CORPUS with at most so many files of the
folders, together at most so many bytes: always the one that reaches most new code for its length.
PROGRAM is the target as cargo fuzz built it.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

# How many bytes a file costs besides its own: few files are better than many.
PER_FILE = 2000


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


def choose(found, bytes_left, most):
    """The files, until nothing new is reached or no more fits."""
    kept, seen = [], set()
    lengths = {file: file.stat().st_size for file in found}
    while len(kept) < most:
        # What has nothing new now never will.
        found = {file: reached - seen for file, reached in found.items() if reached - seen}
        fits = [file for file in found if lengths[file] <= bytes_left]
        if not fits:
            break
        best = max(fits, key=lambda file: len(found[file]) / (lengths[file] + PER_FILE))
        kept.append(best)
        seen |= found[best]
        bytes_left -= lengths[best]
    return kept


program, corpus, most_bytes, most_files, *folders = sys.argv[1:]
# Code alone counts, not how often it runs.
found = reached(program, folders, ["-use_counters=0"])
held = [file.read_bytes() for file in choose(found, int(most_bytes), int(most_files))]
shutil.rmtree(corpus, ignore_errors=True)
pathlib.Path(corpus).mkdir(parents=True)
for data in held:
    pathlib.Path(corpus, hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)
print(f"{len(held)} files, {sum(map(len, held))} bytes")
