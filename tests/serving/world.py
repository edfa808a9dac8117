"""A real registry with two versions of a small model, and the service on a free loopback port."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from artifacts import ledger
from artifacts.places import Places, read_places
from artifacts.prediction_log.record import Prediction
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet
from serving.app import create_app
from serving.protocol import BoundedHeads
from serving.settings import ServingSettings
from tests.reading_prediction_log import read_log

MODEL = "toy"
GOOD: dict[str, Any] = {
    "hour": 7,
    "delay_mean": 12.5,
    "load": 31.125,
    "is_holiday": False,
    "noise": -0.25,
    "place": "hill",
}


@dataclass(frozen=True)
class World:
    """A home with a ledger and a log of one test; registry and training sets are shared."""

    places: Places
    training_set: TrainingSet
    runs: tuple[RunRecord, ...]

    @property
    def registry(self) -> Registry:
        """The shared registry."""
        return Registry.at(self.places)

    def crown(self, version: int, kind: ledger.Kind = "promote") -> None:
        """Make a version champion, as promotion and rollback do."""
        self.crown_run(self.runs[version - 1], version, kind)

    def crown_run(self, run: RunRecord, version: int | None = None, kind: ledger.Kind = "promote") -> None:
        """Make the version that an MLflow run made champion, or another number under its id."""
        now = ledger.champion(self.places.ledger, MODEL)
        ledger.promote(
            self.places.ledger,
            model=MODEL,
            version=version or run.version or 0,
            run_id=run.run_id,
            expected=now.version if now else None,
            decided_at=datetime(2020, 1, 1),
            decided_by="tester",
            reason="for the test",
            kind=kind,
        )

    def logged(self) -> list[Prediction]:
        """What the prediction log holds."""
        return [one for _, one in read_log(self.places.predictions)]

    def file(self, version: int, name: str = "model/model.ubj") -> Path:
        """A file of a version's MLflow run, where it lies."""
        return Path(self.places.mlflow_artifacts) / MODEL / self.runs[version - 1].run_id / "artifacts" / name


def places_in(home: Path, registry: Path, sets: Path) -> Places:
    """A test's own ledger and log, beside the shared registry."""
    given = {"HOME": home, "MLFLOW": f"sqlite:///{registry}/mlflow.db", "MLFLOW_ARTIFACTS": registry / "artifacts"}
    given |= {"LEDGER": f"sqlite:///{home}/ledger.db", "TRAINING_SETS": sets}
    return read_places({f"PIPELINE_{name}": str(value) for name, value in given.items()})


@contextmanager
def serving(world: World, version: int | None = None, **settings: object) -> Iterator[httpx.Client]:
    """The service in a thread of this process; a client of it."""
    read = ServingSettings.model_validate({"poll_seconds": 0.05, **settings})
    with served(create_app(read, world.places, MODEL, version)) as client:
        yield client


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """An app in a thread of this process, on a free port; a client of it."""
    config = uvicorn.Config(
        app, port=0, log_level="warning", access_log=False, lifespan="on", ws="none", http=BoundedHeads
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def wait_for(true: Any, seconds: float = 180) -> None:
    """Return once `true()` is; a machine with other work to do takes minutes to start a process."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def ask(client: httpx.Client, *rows: Mapping[str, Any], path: str = f"/v1/models/{MODEL}/predict") -> httpx.Response:
    """A prediction of `rows`."""
    return client.post(path, json={"rows": list(rows)})


def json_rows(training_set: TrainingSet, names: list[str], count: int | None = None) -> list[dict[str, Any]]:
    """Rows of a training set as a caller would send them."""
    rows = [row for batch in training_set.batches(names) for row in batch.to_pylist()][:count]
    return [{name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows]
