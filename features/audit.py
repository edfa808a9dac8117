"""Audit a version, staged or published: which version it is compared with, and where what was found is kept."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from artifacts.contract import Contract
from artifacts.errors import Unavailable
from artifacts.layout import Layout
from artifacts.place_errors import usable
from artifacts.training_set import TrainingSet, open_training_set, versions
from artifacts.version_name import as_of_of
from features.spilling import spilling
from features.validate import Validation, validate, validate_rows


def audit_staged(
    home: Path, contract: Contract, as_of: datetime, staged: Path, *, attempt: str, previous: TrainingSet | None
) -> None:
    """Hold the folder `staged` against `contract`; the Data Docs join it when it passes.

    They stay in HOME/validation/NAME/ATTEMPT when it does not; raises as `validate` does.
    """
    found = _validate(home, contract, as_of, staged / "data.parquet", attempt=attempt, previous=previous)
    shutil.copytree(found.folder, staged, dirs_exist_ok=True)
    shutil.rmtree(found.folder)


def audit_rows(home: Path, columns: Layout, staged: Path, *, attempt: str) -> None:
    """Hold the rows in `staged` against what a row answers alone; as `audit_staged` in all else."""
    found = _kept(
        home / "validation" / columns.name / attempt,
        lambda folder: validate_rows(staged / "data.parquet", columns, folder=folder, attempt=attempt),
    )
    shutil.copytree(found.folder, staged, dirs_exist_ok=True)
    shutil.rmtree(found.folder)


def audit_published(home: Path, root: str, training_set: TrainingSet) -> Validation:
    """Hold a published version against its own contract again; the Data Docs lie in HOME/validation/NAME/VERSION."""
    before = training_set.facts.get("previous")
    previous = open_training_set(root, *before.split("/")) if before else None
    contract, version = training_set.contract, training_set.version
    with training_set.published.reading():
        return _validate(home, contract, training_set.as_of, training_set.path, attempt=version, previous=previous)


def previous_version(root: str, name: str, as_of: datetime) -> TrainingSet | None:
    """The newest version as of `as_of` or before, of several the one made last; None when there is none."""
    found = [open_training_set(root, name, one) for one in versions(root, name) if as_of_of(one) <= as_of]
    return max(found, key=lambda one: (one.as_of, one.facts.get("created_at", "")), default=None)


def _validate(
    home: Path, contract: Contract, as_of: datetime, parquet: Path, *, attempt: str, previous: TrainingSet | None
) -> Validation:
    facts = previous.facts if previous else None
    return _kept(
        home / "validation" / contract.name / attempt,
        lambda folder: validate(parquet, contract, as_of, facts, folder=folder, attempt=attempt),
    )


def _kept(folder: Path, check: Callable[[Path], Validation]) -> Validation:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with usable(str(folder)), spilling(folder):
            folder.mkdir(parents=True)
            return check(folder)
    except Unavailable:
        shutil.rmtree(folder, ignore_errors=True)
        raise
