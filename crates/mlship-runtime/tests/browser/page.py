"""Uses the page as people do. Usage: page.py SCENE ADDRESS FOLDER

The scene is a function below; the folder takes the photographs."""

import json
import os
import pathlib
import re
import subprocess
import struct
import sys
import tempfile
import zlib

from devtools import CONTROL, Browser


def table(browser, address, folder):
    """A row is filled in and sent; the answer, the bars and the line for a shell."""
    begin(browser, address)
    assert browser.text("#name") == "linear"
    labels = browser.run("[...document.querySelectorAll('#fields label:not(.check)')].map(one => one.innerText)")
    assert labels == ["age", "visits", "smoker"], labels
    # The first sample is there already.
    values = browser.run("[c0.value, c1.value, c2.checked]")
    assert values == ["40", "3", True], values
    still(browser)
    browser.fill("#c0", "-2.5e1")
    browser.fill("#c1", "2")
    browser.click("#c2")
    browser.click("#send")
    answered(browser)
    shown = whole(browser)
    assert shown["label"] == "heart-disease", shown
    assert browser.text(".verdict").startswith("heart-disease"), browser.text(".verdict")
    bars = browser.run(
        "[...document.querySelectorAll('.bars li')].map(one => [one.querySelector('.name').innerText,"
        " one.querySelector('.value').innerText, one.querySelector('.track span').style.width])"
    )
    assert [bar[0] for bar in bars] == list(shown["probabilities"]), bars
    assert all(re.fullmatch(r"([<>] )?\d+\.\d %", bar[1]) for bar in bars), bars
    assert re.fullmatch(r"[\d.]+ ms in this browser", browser.text("#latency"))
    same_from_a_shell(browser, shown, {"age": -25, "visits": 2, "smoker": False})
    # What is left empty is not sent.
    browser.fill("#c0", "")
    browser.press("Enter")
    browser.until("document.querySelector('#curl').innerText.includes('{\"visits\": 2')")
    wrong_values(browser)
    photographs(browser, folder, "table")
    browser.look()
    browser.fill("#c0", "old")
    browser.press("Enter")
    browser.until("document.querySelector('[aria-invalid]')")
    photographs(browser, folder, "table-wrong")
    no_complaint(browser, address, refusals=4)


def wrong_values(browser):
    """A refused value is told of at its field, and the next answer takes that back."""
    for field, text, says in [
        ("c0", "old", "expected a number, found the text"),
        ("c1", "2.5", "whole"),
        ("c1", "", "missing"),
    ]:
        browser.fill("#" + field, text) if text else clear(browser, field)
        browser.press("Enter")
        browser.until(f"{field}.getAttribute('aria-invalid') === 'true'")
        note = browser.text(f"#{field}-note")
        assert says in note, note
        assert browser.run(f"document.activeElement === {field}")
        assert browser.run("document.querySelectorAll('[aria-invalid]').length") == 1
        browser.fill("#c0", "40")
        browser.fill("#c1", "3")
        browser.press("Enter")
        browser.until("!document.querySelector('[aria-invalid]') && !document.querySelector('[aria-busy]')")
        answered(browser)
    assert browser.text("#c0-note") == "number, optional"


def clear(browser, field):
    browser.run(f"{{ {field}.focus(); {field}.value = ''; }}")


def keyboard(browser, address, folder):
    """The keyboard alone, on a phone, in the dark, behind a key that is no secret of the page."""
    browser.look(390, 844, phone=True, scheme="dark")
    browser.open(address)
    browser.until("document.querySelector('#door') && !document.querySelector('#door').hidden")
    assert "linear" not in browser.run("document.documentElement.outerHTML")
    browser.photograph(folder / "key-phone-dark.png")
    browser.fill("#key", "wrong")
    browser.press("Enter")
    browser.until("document.querySelector('#key-note').innerText === 'This is not the key.'")
    browser.fill("#key", os.environ["MLSHIP_KEY"])
    browser.press("Enter")
    browser.until("!document.querySelector('#service').hidden")
    seen = []
    for _ in range(8):
        browser.press("Tab")
        seen.append(browser.run("document.activeElement.id"))
        if seen[-1] == "send":
            break
    assert seen == ["turn", "c0", "c1", "c2", "send"], seen
    browser.press("Enter")
    answered(browser)
    line = browser.text("#curl")
    assert '-H "authorization: Bearer $MLSHIP_KEY"' in line, line
    assert os.environ["MLSHIP_KEY"] not in browser.run("document.body.innerText")
    same_from_a_shell(browser, whole(browser), {"age": 40, "visits": 3, "smoker": True})
    assert browser.run("document.documentElement.scrollWidth <= innerWidth"), "wider than the phone"
    sizes = browser.run("[...document.querySelectorAll('input:not([type=checkbox]), textarea, select')]"
                        ".map(one => parseFloat(getComputedStyle(one).fontSize))")
    # Below that phones enlarge the page when a field is entered.
    assert min(sizes) >= 16, sizes
    browser.photograph(folder / "key-open-phone-dark.png")
    stored = browser.run("[localStorage.length, sessionStorage.length, document.cookie]")
    assert stored == [0, 0, ""], stored


def text(browser, address, folder):
    """Text with everything that a shell and HTML have a meaning for."""
    begin(browser, address)
    given = browser.run("document.querySelector('#text').value")
    assert given == "a b! it's <b>\"a\"</b> $HOME", given
    browser.run("document.querySelector('#text').focus()")
    browser.press("Enter", CONTROL)
    answered(browser)
    same_from_a_shell(browser, whole(browser), {"text": given})
    browser.fill("#text", "'; rm -rf \"$HOME\" `id` \\ %s\n</script>\u00e9\U0001f600!!")
    browser.press("Enter", CONTROL)
    browser.until("document.querySelector('#curl').textContent.includes('rm -rf')")
    answered(browser)
    same_from_a_shell(browser, whole(browser))
    # A list, by hand.
    browser.click("#turn")
    browser.fill("#json", '["a", {"text": "b"}]')
    browser.press("Enter", CONTROL)
    browser.until("document.querySelectorAll('.verdict').length === 2")
    same_from_a_shell(browser, whole(browser), ["a", {"text": "b"}])
    browser.fill("#json", '["a", {"text": 1}]')
    browser.press("Enter", CONTROL)
    browser.until("json.getAttribute('aria-invalid') === 'true'")
    assert browser.text("#json-note").startswith("/1/text: "), browser.text("#json-note")
    browser.click("#turn")
    browser.click("#send")
    answered(browser)
    photographs(browser, folder, "text")
    no_complaint(browser, address, refusals=1)


def tensor(browser, address, folder):
    begin(browser, address)
    browser.click("#send")
    answered(browser)
    shown = whole(browser)
    assert shown == {"y": [[70, 103], [21, 302]]}, shown
    assert "[2, 2]" in browser.text("#said")
    same_from_a_shell(browser, shown, {"x": [[40, 3, 1], [1, 2, 3]]})
    photographs(browser, folder, "tensor")
    no_complaint(browser, address)


def handler(browser, address, folder):
    """Whatever a handler takes is written as JSON, and whatever it gives is shown."""
    begin(browser, address)
    assert browser.text("#sort") == "Takes what its handler does, answers what that gives."
    browser.fill("#json", json.dumps({"a": [1, 2], "b": "x"}))
    browser.click("#send")
    answered(browser)
    shown = whole(browser)
    assert shown == {"a": [1, 2], "b": "x", "seen": True}, shown
    assert "[1, 2]" in browser.text("#said") and "seen" in browser.text("#said")
    same_from_a_shell(browser, shown, {"a": [1, 2], "b": "x"})
    photographs(browser, folder, "handler")
    no_complaint(browser, address)


def picture(browser, address, folder):
    """A picture is dropped and answered, and another that is none is refused."""
    begin(browser, address)
    browser.click("#send")
    browser.until("document.querySelector('#file-note').innerText === 'Choose a picture first.'")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        path = scratch / "it's a \"picture\" $HOME.png"
        path.write_bytes(png(320, 200))
        browser.drop("#drop", str(path))
        shown = "document.querySelector('#drop img')"
        browser.until(f"{shown} && {shown}.naturalWidth === 320")
        assert path.name in browser.text("#drop")
        browser.click("#send")
        answered(browser)
        assert browser.text(".verdict").startswith("blue"), browser.text(".verdict")
        line = browser.run("document.querySelector('#curl').textContent")
        assert "-H 'content-type: image/png'" in line, line
        same_from_a_shell(browser, whole(browser), folder=scratch)
        photographs(browser, folder, "picture")
        browser.look()
        (scratch / "note.txt").write_text("no picture")
        browser.drop("#drop", str(scratch / "note.txt"))
        browser.until("document.querySelector('#drop').innerText.includes('note.txt')")
        browser.click("#send")
        browser.until("document.querySelector('#whole-json').textContent.includes('problem')")
        refused = whole(browser)
        assert browser.text("#fault") == refused["detail"], refused
        same_from_a_shell(browser, refused, folder=scratch)
    # The file chooser, by which phones take photographs, takes pictures.
    assert browser.run("document.querySelector('#file').accept") == "image/*"
    others = [one for one in browser.requests if not one.startswith((address, "data:", "blob:"))]
    assert not others, others


def png(width, height):
    """A picture of this size."""
    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (x * 255 // width, y, 160))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


# ---- what the scenes share ----


def begin(browser, address):
    browser.look()
    browser.open(address)
    browser.until("document.querySelector('#service') && !document.querySelector('#service').hidden")


def answered(browser):
    browser.until("document.querySelector('.verdict, #said dl') && !document.querySelector('[aria-busy]')")


def whole(browser):
    return json.loads(browser.run("document.querySelector('#whole-json').textContent"))


def same_from_a_shell(browser, expected, sent=None, folder=None):
    """Runs the line that the page shows, as it is."""
    line = browser.run("document.querySelector('#curl').textContent")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, (line, done)
    assert json.loads(done.stdout) == expected, (line, done.stdout, expected)
    if sent is not None:
        words = "curl() { printf '%s\\0' \"$@\"; }; " + line
        said = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True)
        body = said.stdout.split("\0")[-2]
        assert json.loads(body) == sent, body


def still(browser):
    """Nothing that was seen has moved while the page came together."""
    moved = browser.run(
        "new Promise(done => { let sum = 0; new PerformanceObserver(list => { for (const one of"
        " list.getEntries()) sum += one.value; }).observe({type: 'layout-shift', buffered: true});"
        " setTimeout(() => done(sum), 200); })"
    )
    assert moved < 0.01, moved


def photographs(browser, folder, name):
    for shape, look in {
        "desktop": {},
        "dark": {"scheme": "dark"},
        "phone": {"width": 390, "height": 844, "phone": True},
    }.items():
        browser.look(**look)
        browser.photograph(folder / f"{name}-{shape}.png")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth"), f"{shape}: too wide"


def no_complaint(browser, address, refusals=0):
    """No error in the console but those that tell of refused requests, and nobody else asked."""
    refused = [one for one in browser.complaints if "status of 422" in one]
    assert browser.complaints == refused and len(refused) == refusals, browser.complaints
    others = [one for one in browser.requests if not one.startswith((address, "data:", "blob:"))]
    assert not others and browser.requests, others


scene, address, folder = sys.argv[1:]
with Browser() as browser:
    {name: globals()[name] for name in ("table", "keyboard", "text", "tensor", "handler", "picture")}[scene](
        browser, address, pathlib.Path(folder)
    )
