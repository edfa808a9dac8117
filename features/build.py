"""Build a training-set version: run the SQL, freeze its rows, hold them against their expectations, publish."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from artifacts.cli import say
from artifacts.code import read_code
from artifacts.contract import Contract, read_contract
from artifacts.errors import Missing, Unavailable
from artifacts.places import Places
from artifacts.raw import Partition
from artifacts.training_set import TrainingSet, open_training_set, publish_training_set, versions, write_sorted
from artifacts.usable import usable
from artifacts.version_name import version_name
from features.export import warehouse_rows
from features.inputs import fingerprint, landed_partitions, recall, refuse_not_landed, remember, tool_versions
from features.run_dbt import PROJECT, DbtBuild, run_dbt

WAIT_SECONDS = 600


def build(places: Places, name: str, as_of: datetime, project: Path = PROJECT) -> TrainingSet:
    """The version of training set `name` as of `as_of` (naive UTC), from what has landed; `published.created` when new.

    When the same inputs gave a version before, that one is returned at once; when other inputs give the same rows, no
    second version is published. Raises what reading, dbt, the expectations and publishing raise; then nothing is
    published.
    """
    contract = read_contract(project / "models", name)
    with usable(str(places.home)), _turn(places.warehouse):
        clock = _Clock()
        landed = landed_partitions(places.raw)
        if not landed:
            raise Missing("features.nothing_landed", f"Nothing has landed in {places.raw}.", next_step="Land a month.")
        refuse_not_landed(places.raw, name, as_of)
        inputs = fingerprint(contract, as_of, landed, project)
        known = recall(places.warehouse, places.training_sets, name, inputs)
        clock.lap("inputs")
        if known is not None:
            say(f"{known.id}: nothing changed, the same rows landed and the same SQL gave it before")
            return known
        dbt = run_dbt(name, as_of, places.raw, places.warehouse, project)
        if fingerprint(contract, as_of, landed_partitions(places.raw), project) != inputs:
            raise Unavailable(
                "features.inputs_moved",
                f"Rows landed, or SQL was edited, while {name} was built from them.",
                next_step="Build again.",
            )
        clock.lap("dbt")
        with _staging(places.warehouse) as staged:
            training_set = _freeze(places, contract, as_of, dbt, staged, landed=landed, inputs=inputs, clock=clock)
        remember(places.warehouse, inputs, training_set)
        return training_set


def _freeze(
    places: Places,
    contract: Contract,
    as_of: datetime,
    dbt: DbtBuild,
    staged: Path,
    *,
    landed: list[Partition],
    inputs: str,
    clock: "_Clock",
) -> TrainingSet:
    with warehouse_rows(places.warehouse, dbt.relation(contract.name), contract) as rows:
        content = write_sorted(rows, contract, staged / "data.parquet")
    clock.lap("export")
    version = version_name(as_of, content)
    if version in versions(places.training_sets, contract.name):
        training_set = open_training_set(places.training_sets, contract.name, version)
        training_set.published.verify()
        say(f"{training_set.id}: nothing changed, its rows are those already published")
        return training_set
    # Imported here: Great Expectations takes seconds, which a build that changes nothing need not wait.
    from features.audit import audit_staged, previous_version

    previous = previous_version(places.training_sets, contract.name, as_of)
    audit_staged(places.home, contract, as_of, staged, attempt=version, previous=previous)
    clock.lap("validate")
    for model in dbt.models:
        (staged / "sql").mkdir(exist_ok=True)
        (staged / "sql" / f"{model.name}.sql").write_text(model.sql, encoding="utf-8")
    facts = {
        **_provenance(dbt, landed, inputs),
        "previous": previous.id if previous else None,
        "docs": "docs/index.html",
        "seconds": clock.laps,
    }
    training_set = publish_training_set(places.training_sets, contract, as_of, staged, facts)
    clock.lap("publish")
    say(f"{training_set.id}: {training_set.rows} rows, " + ", ".join(f"{k} {v:.1f} s" for k, v in clock.laps.items()))
    return training_set


def _provenance(dbt: DbtBuild, landed: list[Partition], inputs: str) -> dict[str, Any]:
    code = read_code()
    return {
        "created_at": datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds"),
        "code": {"commit": code.commit, "dirty": code.dirty},
        "tools": tool_versions(),
        "inputs": inputs,
        "raw": [f"{part.key}/{part.revision}" for part in landed if part.key.source in dbt.sources],
        "dbt_results": [{"model": model.name, "rows": model.rows, "seconds": model.seconds} for model in dbt.models],
        "dbt_tests": dbt.tests,
    }


class _Clock:
    """Seconds of each stage of one build."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.laps[stage] = round(now - self._last, 2)
        self._last = now


@contextmanager
def _turn(warehouse: Path) -> Iterator[None]:
    warehouse.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(warehouse / ".lock", timeout=WAIT_SECONDS):
            yield
    except Timeout as error:
        raise Unavailable(
            "features.warehouse_in_use",
            f"Another build holds {warehouse} for more than {WAIT_SECONDS} s.",
            next_step="Wait for it to end.",
        ) from error


@contextmanager
def _staging(warehouse: Path) -> Iterator[Path]:
    folder = warehouse / "staged"
    # What a killed build left; this build has the lock.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
