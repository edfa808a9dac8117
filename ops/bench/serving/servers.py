"""The service and MLflow's own server, each started as a person starts it, with one model and a number of workers."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from artifacts.errors import CannotJudge
from artifacts.places import REPOSITORY
from ops.bench.serving.prepare import BATCH_ROWS
from ops.bench.world import NAME
from ops.healthy import DIRECT

UP_WITHIN_SECONDS = 600
STOPPED_WITHIN_SECONDS = 30
MLFLOW, SERVICE, SPLIT = "mlflow models serve", "the service", "the service, dataframe_split"


@dataclass(frozen=True)
class Server:
    """A server that runs: where it is asked with which `bodies`, and its processes."""

    name: str
    port: int
    path: str
    bodies: str
    process: psutil.Popen

    def scores(self, folder: Path) -> list[float]:
        """Its answer to the first large batch."""
        body, url = folder / f"{self.bodies}-{BATCH_ROWS}-0.json", f"http://127.0.0.1:{self.port}{self.path}"
        request = urllib.request.Request(url, body.read_bytes(), {"Content-Type": "application/json"})
        with DIRECT.open(request, timeout=60) as answer:
            found = json.load(answer)["predictions"]
        return [one["score"] if isinstance(one, dict) else one for one in found]

    def by_split(self) -> "Server":
        """The same, asked in MLflow's layout, which names each column once."""
        return replace(self, name=SPLIT, path="/invocations", bodies="split")

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far."""
        times = [one.cpu_times() for one in [self.process, *self.process.children(recursive=True)]]
        return float(sum(time.user + time.system for time in times))


@contextmanager
def service(home: Path, folder: Path, workers: int, log: Path) -> Iterator[Server]:
    """`python -m serving run`: an answer is on the disk before it is sent, in a log in `folder`; a long timeout."""
    port = free_port()
    options = ["--model", NAME, "--version", "1", "--port", str(port), "--workers", str(workers)]
    environ = {"PIPELINE_HOME": str(home), "PIPELINE_PREDICTIONS": str(folder / "predictions")}
    # On a busy machine 32 large requests at once take longer than a caller is let wait by default.
    environ["SERVING_TIMEOUT_SECONDS"] = "60"
    with _running(["python", "-m", "serving", "run", *options], environ, log) as process:
        yield _ready(Server(SERVICE, port, f"/v1/models/{NAME}/versions/1/predict", "service", process), log)


@contextmanager
def mlflow(folder: Path, workers: int, log: Path) -> Iterator[Server]:
    """`mlflow models serve` of the same booster, in this environment."""
    port = free_port()
    options = ["-m", str(folder / "mlflow_model"), "--env-manager", "local", "--port", str(port), "-w", str(workers)]
    with _running(["mlflow", "models", "serve", *options], {"MLFLOW_DISABLE_TELEMETRY": "true"}, log) as process:
        yield _ready(Server(MLFLOW, port, "/invocations", "mlflow", process), log)


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], environ: Mapping[str, str], log: Path) -> Iterator[psutil.Popen]:
    bin_folder = Path(sys.executable).parent
    path = os.pathsep.join([str(bin_folder), os.environ.get("PATH", "")])
    with log.open("ab") as out:
        process = psutil.Popen(
            [str(bin_folder / command[0]), *command[1:]],
            cwd=REPOSITORY,
            env={**os.environ, "OMP_WAIT_POLICY": "passive", "PATH": path, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        yield process
    finally:
        family: list[psutil.Process] = [process]
        # Any of them may have ended by itself, the first one too.
        with suppress(psutil.NoSuchProcess):
            family += process.children(recursive=True)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.terminate()
        for one in psutil.wait_procs(family, timeout=STOPPED_WITHIN_SECONDS)[1]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()


def _ready(server: Server, log: Path) -> Server:
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with DIRECT.open(f"http://127.0.0.1:{server.port}/ping", timeout=5):
                return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CannotJudge(
        "bench.not_up", f"{server.name} did not answer within {UP_WITHIN_SECONDS} s.", next_step=f"Read {log}."
    )
