"""AWS on this machine, for benches: moto keeps the books, functions run under the emulator."""

import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

from cold_start import ROOT, free_port

TOOLS = ROOT / ".tools"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-central-1"}


def wait(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(3000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise TimeoutError(f"nobody listens at {port}")


class Instance:
    """One instance of a function: its bootstrap under the Lambda runtime interface emulator."""

    def __init__(self, folder: pathlib.Path, variables: dict[str, str], memory_mb: int):
        self.port, runtime = free_port(), free_port()
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
        given = {"PATH": "/usr/bin:/bin", "LAMBDA_TASK_ROOT": str(folder), **KEYS, **variables}
        given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = str(memory_mb)
        command = [str(TOOLS / "bin/aws-lambda-rie"), *addresses, str(folder / "bootstrap")]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=folder, env=given, start_new_session=True, **silent)
        wait(self.port)

    def answer(self, event: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/2015-03-31/functions/function/invocations", event)
        answer = connection.getresponse().read()
        connection.close()
        return answer

    def peak_bytes(self) -> int:
        """The most memory that the function's program ever had."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = " ".join(task.read_text() for task in tasks).split()
        told = "\n".join(pathlib.Path(f"/proc/{child}/status").read_text() for child in children)
        return max(int(line.split()[1]) << 10 for line in told.splitlines() if line.startswith("VmHWM:"))

    def end(self) -> None:
        """The emulator and the program that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Account:
    """moto, behind a proxy that lets the function answer what it is invoked with."""

    def __init__(self, work: pathlib.Path):
        self.created, self.work, self.moto_port = {}, work, free_port()
        command = [str(TOOLS / "venv/bin/moto_server"), "-H", "127.0.0.1", "-p", str(self.moto_port)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.moto = subprocess.Popen(command, **silent)
        wait(self.moto_port)
        account = self

        class Proxy(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                account.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def storage(self) -> str:
        return f"http://127.0.0.1:{self.moto_port}"

    @property
    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.server.server_port}"
        return {**KEYS, "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}

    def handle(self, asked: http.server.BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("content-length", 0)))
        if asked.command == "POST" and asked.path.rstrip("/").endswith("/functions"):
            self.created = json.loads(body)
        if asked.command == "POST" and "/invocations" in asked.path:
            status, headers, answer = 200, [("content-type", "application/json")], self.invoke(body)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.moto_port)
            connection.putrequest(asked.command, asked.path, skip_host=True, skip_accept_encoding=True)
            for name, value in asked.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            status, headers, answer = response.status, response.getheaders(), response.read()
            connection.close()
            # S3's own name for such a list is another than moto's.
            answer = answer.replace(b"ListPartsResponse", b"ListPartsResult")
        asked.send_response_only(status)
        dropped = ["transfer-encoding", "connection"] + ["content-length"] * (asked.command != "HEAD")
        for name, value in headers:
            if name.lower() not in dropped:
                asked.send_header(name, value)
        if asked.command != "HEAD":
            asked.send_header("content-length", str(len(answer)))
        asked.end_headers()
        asked.wfile.write(answer)

    def invoke(self, event: bytes) -> bytes:
        instance = Instance(*self.function())
        try:
            return instance.answer(event)
        finally:
            instance.end()

    def function(self, scratch: str = "scratch") -> tuple[pathlib.Path, dict[str, str], int]:
        """What the one function was made of: its unpacked zip, its variables and its memory."""
        folder = self.work / "function"
        if not folder.exists():
            archive = self.work / "function.zip"
            archive.write_bytes(base64.b64decode(self.created["Code"]["ZipFile"]))
            shutil.unpack_archive(archive, folder)
            (folder / "bootstrap").chmod(0o755)
        kept = self.work / scratch
        kept.mkdir(exist_ok=True)
        variables = self.created.get("Environment", {}).get("Variables", {})
        variables = variables | {"MLSHIP_SCRATCH": str(kept), "AWS_ENDPOINT_URL_S3": self.storage}
        return folder, variables, self.created["MemorySize"]

    def end(self) -> None:
        self.server.shutdown()
        self.moto.kill()
        self.moto.wait()
