"""Prints the libraries that cannot be loaded, of a JSON list in the file that it is given."""

import ctypes
import json
import os
import sys


def loads(path):
    # In a process of its own, because one that breaks may take the process with it.
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            ctypes.CDLL(path, mode=os.RTLD_LAZY)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def main():
    with open(sys.argv[1]) as file:
        paths = json.load(file)
    print(json.dumps([path for path in paths if not loads(path)]))


main()
