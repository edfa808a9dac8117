"""Build a training-set version: run the SQL, freeze its rows, hold them against their expectations, publish."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifacts.cli import say
from artifacts.code import read_code
from artifacts.contract import Contract
from artifacts.contract_file import read_contract
from artifacts.place_errors import usable
from artifacts.places import Places
from artifacts.run_evidence import note
from artifacts.training_set import (
    TrainingSet,
    open_training_set,
    publish_training_set,
    refuse_other_content,
    versions,
    write_sorted,
)
from artifacts.version_name import version_name
from features.build_lock import Clock, Inputs, read_inputs, run_unmoved, staging, turn
from features.export import warehouse_rows
from features.inputs import recall, remember, tool_versions
from features.run_dbt import PROJECT, DbtBuild


def build(places: Places, name: str, as_of: datetime, project: Path = PROJECT) -> TrainingSet:
    """The version of training set `name` as of `as_of` (naive UTC), from what has landed; `published.created` when new.

    When the same inputs gave a version before, that one is returned at once; when other inputs give the same rows, no
    second version is published. Raises what reading, dbt, the expectations and publishing raise; then nothing is
    published.
    """
    contract = read_contract(project / "models", name)
    with usable(str(places.home)), turn(places.warehouse):
        clock = Clock()
        inputs = read_inputs(places, contract, as_of, project)
        known = recall(places.warehouse, places.training_sets, name, inputs.sha256)
        clock.lap("inputs")
        if known is not None:
            say(f"{known.id}: nothing changed, the same rows landed and the same SQL gave it before")
            return _noted(known)
        say(f"{name} as of {as_of}: dbt builds and tests the models that are stale, then the set")
        dbt = run_unmoved(places, contract, name, as_of, inputs=inputs, project=project)
        clock.lap("dbt")
        with staging(places.warehouse) as staged:
            training_set = _freeze(places, contract, as_of, dbt, staged, inputs=inputs, clock=clock)
        remember(places.warehouse, inputs.sha256, training_set)
        return _noted(training_set)


def _noted(training_set: TrainingSet) -> TrainingSet:
    facts = {name: training_set.facts.get(name) for name in ("rows", "label_rate", "window", "previous")}
    note("training_set", {"id": training_set.id, "new": training_set.published.created, **facts})
    return training_set


def _freeze(
    places: Places,
    contract: Contract,
    as_of: datetime,
    dbt: DbtBuild,
    staged: Path,
    *,
    inputs: Inputs,
    clock: Clock,
) -> TrainingSet:
    with warehouse_rows(places.warehouse, dbt.relation(contract.name), contract) as rows:
        content = write_sorted(rows, contract, staged / "data.parquet")
    clock.lap("export")
    version = version_name(as_of, content)
    if version in versions(places.training_sets, contract.name):
        training_set = open_training_set(places.training_sets, contract.name, version)
        training_set.published.verify()
        refuse_other_content(training_set.published, content)
        say(f"{training_set.id}: nothing changed, its rows are those already published")
        return training_set
    # Imported here: Great Expectations takes seconds, which a build that changes nothing need not wait.
    from features.audit import audit_staged, previous_version

    previous = previous_version(places.training_sets, contract.name, as_of)
    say(f"{version}: holding its rows against their expectations")
    audit_staged(places.home, contract, as_of, staged, attempt=version, previous=previous)
    clock.lap("validate")
    for model in dbt.models:
        (staged / "sql").mkdir(exist_ok=True)
        (staged / "sql" / f"{model.name}.sql").write_text(model.sql, encoding="utf-8")
    facts = {
        **provenance(dbt, inputs),
        "previous": previous.id if previous else None,
        "docs": "docs/index.html",
        "seconds": clock.laps,
    }
    training_set = publish_training_set(places.training_sets, contract, as_of, staged, facts)
    clock.lap("publish")
    say(f"{training_set.id}: {training_set.rows} rows, " + ", ".join(f"{k} {v:.1f} s" for k, v in clock.laps.items()))
    return training_set


def provenance(dbt: DbtBuild, inputs: Inputs) -> dict[str, Any]:
    """How rows came to be: code, tools, raw partitions, and what dbt built and tested."""
    code = read_code()
    return {
        "created_at": datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds"),
        "code": {"commit": code.commit, "dirty": code.dirty},
        "tools": tool_versions(),
        "inputs": inputs.sha256,
        "raw": [f"{part.key}/{part.revision}" for part in inputs.landed if part.key.source in dbt.sources],
        "dbt_results": [{"model": model.name, "rows": model.rows, "seconds": model.seconds} for model in dbt.models],
        "dbt_tests": dbt.tests,
    }
