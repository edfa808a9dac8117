"""Build and publish upcoming rows: those that the training set as of the same moment lacks for want of a label."""

from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from artifacts.cli import say
from artifacts.contract_file import read_contract
from artifacts.errors import BadInput
from artifacts.lookup import UpcomingColumns, upcoming_columns
from artifacts.place_errors import usable
from artifacts.places import Places
from artifacts.sorted_rows import write_sorted
from artifacts.upcoming import Upcoming, publish_upcoming
from features.build import provenance
from features.build_lock import Clock, Inputs, read_inputs, run_unmoved, staging, turn
from features.export import warehouse_rows
from features.run_dbt import PROJECT, DbtBuild


def build_upcoming(places: Places, name: str, as_of: datetime, project: Path = PROJECT) -> Upcoming:
    """Publish the rows of training set `name` that are upcoming as of `as_of` (naive UTC); `published.created` if new.

    A row's features are those that the training set will have once its label is known. No row is an answer when there
    were rows lately and each has its label; dbt's test `some_were_observed_lately` refuses every other emptiness.
    Raises what reading, dbt, the expectations and publishing raise; then nothing is published.
    """
    contract = read_contract(project / "models", name)
    columns = upcoming_columns(contract)
    _refuse_no_model(columns.name, project)
    with usable(str(places.home)), turn(places.warehouse):
        clock = Clock()
        inputs = read_inputs(places, contract, as_of, project)
        clock.lap("inputs")
        dbt = run_unmoved(places, contract, columns.name, as_of, inputs=inputs, project=project)
        clock.lap("dbt")
        with staging(places.warehouse) as staged:
            return _freeze(places, columns, as_of, dbt, staged, inputs=inputs, clock=clock)


def _freeze(
    places: Places,
    columns: UpcomingColumns,
    as_of: datetime,
    dbt: DbtBuild,
    staged: Path,
    *,
    inputs: Inputs,
    clock: Clock,
) -> Upcoming:
    with warehouse_rows(places.warehouse, dbt.relation(columns.name), columns) as rows:
        content = write_sorted(rows, columns, staged / "data.parquet")
    clock.lap("export")
    if pq.read_metadata(staged / "data.parquet").num_rows:
        from features.audit import audit_rows

        audit_rows(places.home, columns, staged, attempt=f"{as_of:%Y-%m-%dT%H%M}.{content[:12]}")
    clock.lap("validate")
    facts = {**provenance(dbt, inputs), "seconds": clock.laps}
    upcoming = publish_upcoming(places.upcoming, columns.contract, as_of, staged, facts)
    clock.lap("publish")
    say(f"{upcoming.id}: {upcoming.rows} rows, " + ", ".join(f"{k} {v:.1f} s" for k, v in clock.laps.items()))
    return upcoming


def _refuse_no_model(model: str, project: Path) -> None:
    file = project / "models" / "upcoming" / f"{model}.sql"
    if not file.is_file():
        raise BadInput(
            "features.no_upcoming_model",
            f"{project.name}/models/upcoming/{model}.sql does not exist.",
            next_step="Write it: docs/adding-a-feature.md, a second model.",
        )
