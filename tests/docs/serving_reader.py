"""Whoever follows the runbook beside a service: a command that serves is run in this process, asked, and ended."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from serving.run import IMPATIENT
from tests.docs import runbook
from tests.ports import free_port
from tests.serving.process import environment
from tests.serving.world import GOOD, MODEL, World, ask, wait_for

KEY = "a-key-of-24-characters-0"


@dataclass
class Reader:
    """In the places of one test; `values` is what the reader fills in."""

    world: World
    folder: Path
    capsys: pytest.CaptureFixture[str]
    environ: pytest.MonkeyPatch
    values: dict[str, str] = field(default_factory=lambda: {"MODEL": MODEL, "N": "1", "TEXT": "'it is whole'"})

    def runs(self, command: str) -> tuple[int, str]:
        return runbook.run(runbook.filled(command, self.values), self.capsys)

    def follows(self, code: str) -> list[tuple[int, str]]:
        return [self.runs(command) for command in runbook.section(code).commands]

    def mends_the_log(self, code: str, log: Path, client: httpx.Client) -> None:
        """A file where the log's folder should be is told by the section's command; without it the service answers."""
        [(ended, said)] = self.follows(code)
        assert (ended, f"{log} is a file, wanted a folder" in said) == (2, True), said
        log.unlink()
        assert [ended for ended, _ in self.follows(code)] == [0]
        wait_for(lambda: client.get("/health/ready").status_code == 200)
        answers(client)

    def serves(self, command: str, asked: Callable[[httpx.Client], object]) -> tuple[int, str]:
        """Run a command that serves, on a free port: once it answers, `asked` is called, and SIGTERM ends it."""
        port, over = str(free_port()), threading.Event()
        self.environ.setenv("SERVING_PORT", port)

        def ask_and_end() -> None:
            headers = {"Authorization": f"Bearer {KEY}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers=headers) as client:
                while not _lives(client):
                    if over.wait(0.05):
                        return
                try:
                    asked(client)
                finally:
                    if not over.is_set():
                        os.kill(os.getpid(), signal.SIGTERM)

        # The service takes the signal for itself; what comes when it has ended by itself must not end the tests.
        before, interval = signal.signal(signal.SIGTERM, lambda *_: None), sys.getswitchinterval()
        try:
            with ThreadPoolExecutor(1) as threads:
                asking = threads.submit(ask_and_end)
                try:
                    ended = self.runs(command.replace("--port 8001", f"--port {port}"))
                finally:
                    over.set()
                asking.result()
        finally:
            sys.setswitchinterval(interval)
            signal.signal(signal.SIGTERM, before)
        return ended


def answers(client: httpx.Client) -> None:
    """Version 1 does."""
    told = ask(client, GOOD, path=f"/v1/models/{MODEL}/versions/1/predict")
    assert (told.status_code, told.json().get("version")) == (200, 1), told.text


@pytest.fixture
def reader(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Reader]:
    """In the world of the test."""
    places = {name: value for name, value in environment(world).items() if name.startswith("PIPELINE_")}
    # The service sets the latter where nobody did.
    for name, value in {**places, **IMPATIENT}.items():
        monkeypatch.setenv(name, value)
    yield Reader(world, tmp_path, capsys, monkeypatch)


def _lives(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").status_code == 200
    except httpx.TransportError:
        time.sleep(0.05)
        return False
