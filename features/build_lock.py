"""One build's turn with the warehouse: nobody else's meanwhile, a folder to stage in, and inputs that hold still."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from artifacts.contract import Contract
from artifacts.errors import Missing, Unavailable
from artifacts.places import Places
from artifacts.raw import Partition
from artifacts.run_evidence import note
from features.inputs import decisive, fingerprint, landed_partitions, note_inputs, refuse_not_landed
from features.run_dbt import DbtBuild, run_dbt

WAIT_SECONDS = 600


@dataclass(frozen=True)
class Inputs:
    """What has landed, and the sha256 of it and of all else that decides what a build of `contract` gives."""

    landed: list[Partition]
    sha256: str


def read_inputs(places: Places, contract: Contract, as_of: datetime, project: Path) -> Inputs:
    """What a build starts from; raises `Missing` (`features.nothing_landed`) and as `refuse_not_landed` does."""
    note("asked", {"name": contract.name, "as_of": as_of.isoformat()})
    landed = landed_partitions(places.raw)
    if not landed:
        raise Missing("features.nothing_landed", f"Nothing has landed in {places.raw}.", next_step="Land a month.")
    told = decisive(contract, as_of, landed, project)
    note_inputs(contract.name, told)
    refuse_not_landed(places.raw, contract.name, as_of, project)
    return Inputs(landed, fingerprint(told))


def run_unmoved(
    places: Places, contract: Contract, model: str, as_of: datetime, *, inputs: Inputs, project: Path
) -> DbtBuild:
    """Run dbt for `model`; raises as `run_dbt`, and `Unavailable` (`features.inputs_moved`) when `inputs` changed."""
    dbt = run_dbt(model, as_of, places.raw, places.warehouse, project)
    if fingerprint(decisive(contract, as_of, landed_partitions(places.raw), project)) != inputs.sha256:
        raise Unavailable(
            "features.inputs_moved",
            f"Rows landed, or SQL was edited, while {model} was built from them.",
            next_step="Build again.",
        )
    return dbt


class Clock:
    """Seconds of each stage of one build."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        """A stage has ended."""
        now = time.monotonic()
        self.laps[stage] = round(now - self._last, 2)
        self._last = now


@contextmanager
def turn(warehouse: Path, wait_seconds: int = WAIT_SECONDS) -> Iterator[None]:
    """Hold the warehouse while the body runs; raises `Unavailable` (`features.warehouse_in_use`) when others go on."""
    warehouse.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(warehouse / ".lock", timeout=wait_seconds):
            yield
    except Timeout as error:
        still = f" for more than {wait_seconds} s" if wait_seconds else ""
        raise Unavailable(
            "features.warehouse_in_use",
            f"A build, or `make dbt`, holds {warehouse}{still}.",
            next_step="Wait for it to end, and try again.",
        ) from error


@contextmanager
def staging(warehouse: Path) -> Iterator[Path]:
    """An empty folder beside the warehouse, gone when the body ends."""
    folder = warehouse / "staged"
    # What a killed build left; this build has the lock.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
