"""A real Chromium without a window, driven by its own DevTools protocol."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 90
FRAME = "document.querySelector('iframe').contentDocument"


class Tab:
    """One tab; `said` is what its console and its exceptions said."""

    def __init__(self, connection: ClientConnection, session: str) -> None:
        self.connection, self.session, self.said = connection, session, list[str]()
        self.numbers = count(1)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """The answer to a command."""
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": params, "sessionId": self.session}))
        while True:
            told = json.loads(self.connection.recv(timeout=SECONDS))
            if told.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self.said.append(json.dumps(told["params"]))
            if told.get("id") == number:
                assert "error" not in told, (method, told["error"])
                return told["result"]

    def value(self, script: str) -> Any:
        """What an expression gives."""
        told = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, (script, told)
        return told["result"].get("value")

    def until(self, script: str) -> Any:
        """What an expression gives once that is true; while a page loads, it may be an error."""
        deadline = time.monotonic() + SECONDS
        while not (found := self.value(f"(() => {{ try {{ return {script} }} catch {{ return null }} }})()")):
            assert time.monotonic() < deadline, (script, self.value("document.body.innerText")[:500], self.said)
            time.sleep(0.1)
        return found

    def open(self, url: str) -> None:
        """Go to a page."""
        self.send("Page.navigate", url=url)

    def resize(self, width: int, height: int) -> None:
        """Make the window so big."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)

    def press(self, key: str) -> None:
        """Press a key and let go."""
        codes = {"Tab": 9, "Enter": 13}
        for kind in ("rawKeyDown", *(["char"] if key == "Enter" else []), "keyUp"):
            text = {"text": "\r"} if kind == "char" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key], **text)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.send("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """A tab of a fresh Chromium, which is gone afterwards with all its processes."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, f"None of {', '.join(NAMES)} is installed. Run: apt-get install chromium"
    command = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--disable-gpu"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    # Its sandbox wants a user who is not root; the pages are our own.
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr
            lines = (re.search(r"DevTools listening on (ws://\S+)", line) for line in process.stderr)
            address = next(found for found in lines if found)[1]
            with connect(address, max_size=None, ping_interval=None) as connection:
                yield _tab(connection)
        finally:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()


def _tab(connection: ClientConnection) -> Tab:
    def ask(number: int, method: str, **params: Any) -> Any:
        connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (told := json.loads(connection.recv(timeout=SECONDS))).get("id") != number:
            pass
        return told["result"]

    target = ask(1, "Target.createTarget", url="about:blank")["targetId"]
    return Tab(connection, ask(2, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
