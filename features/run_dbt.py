"""Run dbt in this process for one training set: what it built, from which SQL, or why it stopped."""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from artifacts.places import REPOSITORY
from features.dbt_evidence import note_dbt, rows_of
from features.dbt_refusal import refuse_unless_built

PROJECT = REPOSITORY / "dbt_project"


@dataclass(frozen=True)
class DbtModel:
    """One model of a dbt invocation: rows that it wrote (None when dbt does not say), seconds, compiled SQL."""

    name: str
    relation: str
    rows: int | None
    seconds: float
    sql: str


@dataclass(frozen=True)
class DbtBuild:
    """A dbt invocation that passed: models in the order in which they were built, and the sources above them."""

    models: tuple[DbtModel, ...]
    sources: tuple[str, ...]
    tests: int

    def relation(self, name: str) -> str:
        """The relation that model `name` was built into."""
        return next(model.relation for model in self.models if model.name == name)


def run_dbt(name: str, as_of: datetime, raw: str, warehouse: Path, project: Path = PROJECT) -> DbtBuild:
    """`dbt build` of the model `name` and all above it, with their data tests; the warehouse is closed afterwards.

    `as_of` is naive UTC, `name` a known model. Raises `GateClosed` (`features.dbt_test_failed`) naming test and rows,
    `CannotJudge` (`features.dbt_test_errored`), `Unavailable` (`features.warehouse_in_use`, `publish.no_place`),
    `BadInput` (`features.dbt_failed`) with dbt's own words and the file, or `Refusal` (`features.interrupted`).
    """
    # Imported here: it takes seconds, which a command that does not run dbt need not wait.
    from dbt.cli.main import dbtRunner

    warehouse = warehouse.resolve()
    warehouse.mkdir(parents=True, exist_ok=True)
    arguments = [
        "build",
        "--select",
        f"+{name}",
        "--indirect-selection",
        "cautious",
        "--exclude-resource-type",
        "unit_test",
    ]
    arguments += ["--project-dir", str(project), "--profiles-dir", str(project)]
    arguments += ["--target-path", str(warehouse / "dbt"), "--log-path", str(warehouse / "dbt")]
    arguments += ["--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    # The paths in the profile are relative to the project.
    given = {
        "SHIPSHAPE_RAW": raw,
        "SHIPSHAPE_WAREHOUSE": str(warehouse),
        "SHIPSHAPE_AS_OF": f"{as_of:%Y-%m-%d %H:%M:%S}",
    }
    with chdir(project), _environment(given):
        try:
            outcome = dbtRunner().invoke(arguments)
        finally:
            _close_what_dbt_keeps_open()
    results = list(getattr(outcome.result, "results", None) or ())
    note_dbt(results, raw)
    refuse_unless_built(outcome, results, warehouse, project)
    sources = {
        node.split(".")[2] for result in results for node in result.node.depends_on_nodes if node.startswith("source.")
    }
    return DbtBuild(
        models=tuple(_model(result, raw) for result in results if result.node.resource_type == "model"),
        sources=tuple(sorted(sources)),
        tests=sum(result.node.resource_type == "test" for result in results),
    )


def _model(result: Any, raw: str) -> DbtModel:
    node = result.node
    return DbtModel(
        name=node.name,
        relation=node.relation_name,
        rows=rows_of(result),
        seconds=round(result.execution_time, 3),
        # Where the raw folder stands is no part of what was computed.
        sql=(node.compiled_code or "").replace(raw, "RAW"),
    )


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    before = {key: os.environ.get(key) for key in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _close_what_dbt_keeps_open() -> None:
    """The warehouse, which would stay locked until this process ends, and the log file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt_common.events.event_manager_client import get_event_manager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()
    for logger in get_event_manager().loggers:
        for handler in logger._python_logger.handlers if logger._python_logger else ():
            handler.close()
