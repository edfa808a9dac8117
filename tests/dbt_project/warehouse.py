"""A warehouse of one test: raw folder, DuckDB file, and the real dbt project run on them in this process."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

TRAINING_SETS = ("late_arrival", "cancellation")
PROJECT = Path(__file__).parents[2] / "dbt_project"


@dataclass(frozen=True)
class Warehouse:
    """`home` holds raw/, the DuckDB file and dbt's target; `project` is the dbt project, or an edited copy of it."""

    home: Path
    project: Path = PROJECT

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    def environment(self) -> dict[str, str]:
        """What dbt needs to find this warehouse."""
        ours = {"SHIPSHAPE_RAW": self.raw, "SHIPSHAPE_WAREHOUSE": self.home, "DBT_TARGET_PATH": self.home / "target"}
        theirs = {"DBT_PROJECT_DIR": self.project, "DBT_PROFILES_DIR": self.project, "DBT_LOG_PATH": self.home}
        return {name: str(path) for name, path in {**ours, **theirs}.items()} | {"DBT_LOG_LEVEL": "none"}

    def dbt(self, *arguments: str, as_of: str | None = "2013-12-31", duckdb_threads: int = 2) -> dbtRunnerResult:
        """Run dbt's `arguments` and return its result, whether it succeeded or not."""
        given = ["--vars", f"{{as_of: {as_of}}}"] if as_of else []
        with _environment({**self.environment(), "SHIPSHAPE_DUCKDB_THREADS": str(duckdb_threads)}):
            try:
                return dbtRunner().invoke([*arguments, *given])
            finally:
                DuckDBConnectionManager.close_all_connections()
                # What dbt's threads still hold keeps the file open, with settings of its own.
                gc.collect()

    def build(self, *select: str, verb: str = "run", **options: Any) -> dict[str, int]:
        """Build `select` (all models, when empty) and return the rows that dbt says it wrote, by model."""
        chosen = ["--select", *select] if select else []
        full_refresh = ["--full-refresh"] if options.pop("full_refresh", False) else []
        done = self.dbt(verb, *chosen, *full_refresh, **options)
        assert done.success, _failures(done)
        return {each.node.name: each.adapter_response.get("rows_affected", 0) for each in done.result.results}

    def edited(self, path: str, old: str, new: str) -> "Warehouse":
        """The same warehouse with a copy of the project in which `old` in the file `path` is `new`."""
        copy = self.project
        if copy == PROJECT:
            copy = Path(tempfile.mkdtemp(dir=self.home)) / "project"
            shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
        text = (copy / path).read_text()
        assert old in text
        (copy / path).write_text(text.replace(old, new))
        return replace(self, project=copy)

    def features(self) -> list[str]:
        """Names of the feature models."""
        return sorted(path.stem for path in (self.project / "models" / "features").glob("*.sql"))

    def content(self, table: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Every cell of a table's rows that are `where`, in order, without their month's fingerprint."""
        dated = (
            table
            if table == "spine"
            else f"{table} semi join (select flight_id from spine where {where}) using (flight_id)"
        )
        columns = "* exclude (month_fingerprint)" if table not in TRAINING_SETS else "*"
        return self.query(f"select {columns} from {dated} where {where if table == 'spine' else 'true'} order by all")

    def row_hash(self, table: str) -> tuple[Any, ...]:
        """How many rows a table has, and a hash over all their cells, whatever the order of the rows."""
        return self.query(f"select count(*), sum(cast(hash(rows) as hugeint)) from {table} as rows")[0]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of `sql`, read-only."""
        with duckdb.connect(str(self.home / "shipshape.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _failures(done: dbtRunnerResult) -> Any:
    """What failed, by name, and the first line of why."""
    results = done.result.results if done.result else []
    failed = [each for each in results if each.status in ("error", "fail")]
    return [f"{each.node.name}: {(each.message or '').strip()[:200]}" for each in failed] or done.exception
