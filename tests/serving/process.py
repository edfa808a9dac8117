"""`python -m serving` in a process of its own, as a person starts it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from artifacts.places import REPOSITORY
from tests.processes import command_of
from tests.serving.world import MODEL, World, wait_for


@dataclass(frozen=True)
class Running:
    """A service that was started, by its first process, and a client of it."""

    process: subprocess.Popen[bytes]
    client: httpx.Client

    def workers(self) -> list[psutil.Process]:
        """The processes that answer, and no resource tracker."""
        first = psutil.Process(self.process.pid)
        return [one for one in first.children() if "spawn_main" in command_of(one)] or [first]

    def kill_all(self) -> None:
        """SIGKILL to the process and to every child it has, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=60)


def environment(world: World, **more: str) -> dict[str, str]:
    """What a process needs to work in `world`."""
    named = ("home", "mlflow", "mlflow_artifacts", "ledger", "training_sets")
    places = {f"PIPELINE_{name.upper()}": str(getattr(world.places, name)) for name in named}
    return {**os.environ, **places, "OMP_WAIT_POLICY": "passive", **more}


@contextmanager
def started(world: World, log: Path, *arguments: str, **more: str) -> Iterator[Running]:
    """A service on a free port, in a session of its own; what it says goes to `log`."""
    command = [sys.executable, "-m", "serving", "run", "--model", MODEL, "--port", "0", *arguments]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment(world, **more), stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_for(lambda: re.search(r"on http://\S+:\d+", log.read_text()) or process.poll() is not None)
        found = re.search(r"on http://\S+:(\d+)", log.read_text())
        assert found, log.read_text()
        with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}", timeout=60) as client:
            yield Running(process, client)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
