"""Drives a headless Chromium by its DevTools protocol, over a pipe: no port and no package."""

import base64
import json
import os
import queue
import subprocess
import tempfile
import threading
import time

CHROMIUM = "/usr/bin/chromium"
PATIENCE_S = 60

# What a key press is made of.
KEYS = {
    "Enter": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "Space": {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
}
CONTROL = 2


class Browser:
    """One page in one browser. Everything that it fetches and complains of is kept."""

    def __init__(self):
        self.requests, self.complaints = [], []
        self._answers, self._number = queue.Queue(), 0
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        arguments = [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--hide-scrollbars", "--user-data-dir=" + self._profile.name, "--remote-debugging-pipe",
        ]
        # The browser reads commands from descriptor 3 and answers at 4.
        line = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self._process = subprocess.Popen(
            ["bash", "-c", line, "bash", *arguments],
            pass_fds=(to_read, to_write),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._profile.name},
        )
        os.close(to_read)
        os.close(to_write)
        threading.Thread(target=self._listen, daemon=True).start()
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.call(domain + ".enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **parameters):
        """One command of the protocol and its result."""
        self._number += 1
        number = self._number
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while True:
            answer = self._answers.get(timeout=PATIENCE_S)
            if answer["id"] == number:
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def _listen(self):
        rest = b""
        while piece := os.read(self._read, 1 << 16):
            *whole, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, whole):
                if "id" in message:
                    self._answers.put(message)
                else:
                    self._hear(message["method"], message["params"])

    def _hear(self, event, about):
        if event == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(about["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(about["args"]))
        elif event == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(about["entry"]["text"])

    # ---- what a person does ----

    def open(self, address):
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")
        self._paint()

    def before(self, script):
        """Runs a script in every page before its own."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def run(self, script):
        """The value of an expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, script):
        """Waits until an expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.run(f"!!({script})"):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.02)

    def _paint(self):
        """Waits for the next picture: input goes by what the last one shows."""
        paint = "requestAnimationFrame(() => requestAnimationFrame(done))"
        self.run(f"new Promise(done => {paint})")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def fill(self, selector, text):
        """Replaces what is in a field, as typing does."""
        self.run(f"{{ const field = document.querySelector({json.dumps(selector)});"
                 " field.focus(); field.select(); }")
        self.call("Input.insertText", text=text)

    def click(self, selector):
        x, y = self._middle(selector)
        mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **mouse)

    def _middle(self, selector):
        """Brings an element into view; where its middle is then."""
        one = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{one}.scrollIntoView({{block: 'center'}})")
        self._paint()
        return self.run(
            f"(() => {{ const box = {one}.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )

    def press(self, name, modifiers=0):
        key = dict(KEYS[name])
        text = key.pop("text", None)
        down = {"text": text} if text and not modifiers else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", modifiers=modifiers, **key, **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **key)

    def drop(self, selector, path):
        """Drops a file of this machine on an element."""
        x, y = self._middle(selector)
        data = {"items": [], "files": [path], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    # ---- how it is looked at ----

    def look(self, width=1200, height=900, phone=False, scheme="light"):
        self._shape = {"width": width, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self._height = height
        self.call("Emulation.setDeviceMetricsOverride", height=height, **self._shape)
        scheme = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def photograph(self, path):
        """All of the page, as long as it is."""
        height = max(self._height, self.run("document.documentElement.scrollHeight"))
        self.call("Emulation.setDeviceMetricsOverride", height=height, **self._shape)
        picture = self.call("Page.captureScreenshot")
        self.call("Emulation.setDeviceMetricsOverride", height=self._height, **self._shape)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
