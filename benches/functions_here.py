"""An image for Azure Functions on this machine, for benches: started as the Functions host does it."""

import pathlib
import sys
import time

import requests

from cold_start import free_port
from image_push import Engine, children, cpu_of

SITE = "/home/site/wwwroot"
PLACE = ["--read-only", "--tmpfs", "/tmp", "--network", "host", "--workdir", SITE, "--entrypoint", f"{SITE}/handler"]
# The host gives these to all that it hands on.
HOST = {
    "X-Azure-Functions-InvocationId": "83a33220-a921-460a-bec0-b3f043dcf1ff",
    "X-Azure-Functions-HostVersion": "4.1045.200.0",
    "X-Forwarded-For": "203.0.113.7:51132",
}


def docker(engine: Engine, *words: str) -> str:
    told = engine.docker(*words)
    if told.returncode != 0:
        sys.exit(f"docker {' '.join(words)} failed:\n{told.stderr.decode()}")
    return told.stdout.decode().strip()


class Instance:
    """A container with the handler alone, as the host starts it: told a port of loopback, and where it is."""

    def __init__(self, engine: Engine, image: str, first: dict):
        port = free_port()
        told = {"FUNCTIONS_CUSTOMHANDLER_PORT": port, "FUNCTIONS_APP_ROOT_PATH": SITE, "WEBSITE_SITE_NAME": "app"}
        words = [word for key, value in told.items() for word in ["--env", f"{key}={value}"]]
        self.engine, self.url = engine, f"http://127.0.0.1:{port}/predict"
        self.id = docker(engine, "create", *PLACE, *words, image)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(HOST)
        begin = time.perf_counter()
        docker(engine, "start", self.id)
        pid = int(docker(engine, "inspect", "--format", "{{.State.Pid}}", self.id))
        while not self.is_ready(pid, first):
            time.sleep(0.002)
        self.wall_ms = (time.perf_counter() - begin) * 1e3
        self.pids = [pid, *children(pid)]
        self.cpu_ms = sum(map(cpu_of, self.pids)) * 1e3

    def is_ready(self, pid: int, first: dict) -> bool:
        """Whether it answers a request with anything but that it is still loading."""
        try:
            return self.session.post(self.url, **first).status_code != 503
        except requests.ConnectionError:
            if pid == 0 or not pathlib.Path(f"/proc/{pid}").exists():
                sys.exit(f"it ended:\n{self.log()}")
            return False

    def answer(self, request: dict) -> tuple[dict, float]:
        """The answer, and the milliseconds that it took."""
        begin = time.perf_counter()
        told = self.session.post(self.url, **request)
        took = (time.perf_counter() - begin) * 1e3
        if told.status_code != 200:
            sys.exit(f"refused: {told.text}\n{self.log()}")
        return told.json(), took

    def log(self) -> str:
        return self.engine.docker("logs", self.id).stderr.decode()

    def peak_bytes(self) -> int:
        """The most that its processes ever had resident, added up."""
        told = "".join(pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.pids)
        return sum(int(line.split()[1]) << 10 for line in told.splitlines() if line.startswith("VmHWM:"))

    def end(self) -> None:
        docker(self.engine, "rm", "--force", self.id)
