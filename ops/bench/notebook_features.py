"""(f) The features in SQL, against the same features written the way a notebook would, in pandas."""

import importlib
import shutil
import time
from pathlib import Path
from typing import Any

from artifacts.errors import CannotJudge
from ops.bench import compare
from ops.bench.figures import Aim, Figure
from ops.bench.measure import Measured, alternate, call
from ops.bench.world import MEMORY, World, build_all

TITLE = "Features in SQL"
PEER = "the same features in pandas"
AIM = Aim("ratio", 0.1)
WHY = "Pandas that rolls and merges as of a moment is compiled code too; what SQL adds is the second core"
WHY_MEMORY = "DuckDB keeps what it can in memory, up to the limit that a build has, and spills the rest to disk"
# What the features read: the name that the pandas code uses, and the relation and rows of the warehouse.
INPUTS = {
    "spine": "spine",
    "departures": "flight_departures",
    "arrivals": "flight_arrivals",
    "scheduled": "stg_nycflights13__flights_scheduled where is_first_known",
    "weather": "stg_nycflights13__weather where is_first_known",
    "planes": "stg_nycflights13__planes where is_first_known",
}
# The feature models that ops/bench/notebook has too, at least one of each kind, and the module that has them.
PORTED = {
    "flight_schedule_calendar": "conditions",
    "origin_schedule_load": "conditions",
    "origin_weather": "conditions",
    "origin_delays": "delays",
    "carrier_delays": "delays",
    "route_delays": "delays",
    "departures_overdue_3h": "delays",
    "aircraft_last_departure_2d": "aircraft",
    "aircraft_turnaround": "aircraft",
    "aircraft_attributes": "aircraft",
}
NOT_FEATURES = ("flight_id", "observed_month", "month_fingerprint")
TOLERANCE = 1e-6


def bench(world: World, repeat: int) -> list[Figure]:
    """Whole processes, alternating, from the same Parquet files to finished features; then the numbers are compared."""
    build_all(world)
    folder, warehouse = world.folder / "features", world.landed / "warehouse"
    shutil.rmtree(folder, ignore_errors=True)
    call("notebook_features:write_inputs", {"warehouse": str(warehouse), "folder": str(folder)}, {}, world.log)
    arguments = {"folder": str(folder), "target": str(warehouse / "dbt")}

    def in_sql() -> Measured:
        return call("notebook_features:run_sql", arguments, {}, world.log)

    def in_pandas() -> Measured:
        return call("notebook_features:run_pandas", {"folder": str(folder)}, {}, world.log)

    found = alternate(repeat, {"SQL": in_sql, "pandas": in_pandas})
    call("notebook_features:compare_numbers", {"folder": str(folder)}, {}, world.log)
    shutil.rmtree(folder)
    title = f"{found['SQL'][0].facts['features']} features in SQL"
    return [
        compare.seconds(title, found["SQL"], PEER, found["pandas"], aim=AIM, why=WHY),
        *compare.resources("Features in SQL", found["SQL"], PEER, found["pandas"], WHY_MEMORY),
    ]


def write_inputs(warehouse: str, folder: str) -> dict[str, Any]:
    """Write what the features read as Parquet files, measures as doubles for pandas to read."""
    import duckdb

    Path(folder).mkdir()
    with duckdb.connect(f"{warehouse}/shipshape.duckdb", read_only=True) as connection:
        for name, rows in INPUTS.items():
            described = connection.execute(f"describe select * from {rows}").fetchall()  # noqa: S608
            doubles = [f"cast({row[0]} as double) as {row[0]}" for row in described if row[1].startswith("DECIMAL")]
            columns = f"* replace ({', '.join(doubles)})" if doubles else "*"
            connection.execute(f"copy (select {columns} from {rows}) to '{folder}/{name}.parquet'")  # noqa: S608
    return {}


def run_sql(folder: str, target: str) -> dict[str, Any]:
    """The SQL that dbt compiled for the models that pandas has too, over the Parquet files, into tables."""
    started = time.monotonic()
    import duckdb

    Path(f"{folder}/shipshape.duckdb").unlink(missing_ok=True)
    loaded = time.monotonic()
    laps, features = {}, 0
    with duckdb.connect(f"{folder}/shipshape.duckdb", config={"memory_limit": MEMORY}) as connection:
        for name, rows in INPUTS.items():
            connection.execute(f"create view {rows.split()[0]} as from '{folder}/{name}.parquet'")
        for name in PORTED:
            began = time.monotonic()
            path = Path(target) / "compiled" / "shipshape" / "models" / "features" / f"{name}.sql"
            connection.execute(f"create table {name} as {path.read_text(encoding='utf-8')}")
            laps[name] = time.monotonic() - began
            described = connection.execute(f"describe {name}").fetchall()
            features += sum(row[0] not in NOT_FEATURES for row in described)
    return {"parts": {"loading": loaded - started, **laps}, "features": features}


def run_pandas(folder: str) -> dict[str, Any]:
    """The same models in pandas, written as Parquet files, since they must be kept somewhere too."""
    started = time.monotonic()
    import pandas as pd

    models = {
        name: getattr(importlib.import_module(f"ops.bench.notebook.{module}"), name) for name, module in PORTED.items()
    }
    loaded = time.monotonic()
    tables = {name: pd.read_parquet(f"{folder}/{name}.parquet") for name in INPUTS}
    laps = {"loading": loaded - started, "reading": time.monotonic() - loaded}
    for name, model in models.items():
        began = time.monotonic()
        model(tables).to_parquet(f"{folder}/pandas_{name}.parquet", index=False)
        laps[name] = time.monotonic() - began
    return {"parts": laps}


def compare_numbers(folder: str) -> dict[str, Any]:
    """Hold every cell of both against each other; raises `CannotJudge` (`bench.numbers_differ`)."""
    import duckdb

    with duckdb.connect(f"{folder}/shipshape.duckdb") as connection:
        for name in PORTED:
            described = connection.execute(f"describe {name}").fetchall()
            columns = [(row[0], row[1]) for row in described if row[0] not in NOT_FEATURES]
            counts = ", ".join(f"count(*) filter ({_differ(*column)})" for column in columns)
            joined = f"{name} as s full join '{folder}/pandas_{name}.parquet' as p using (flight_id)"
            query = f"select {counts}, count(*) - (select count(*) from {name}) from {joined}"  # noqa: S608
            *wrong, extra = connection.execute(query).fetchall()[0]
            told = [f"{column} {count}" for (column, _), count in zip(columns, wrong, strict=True) if count]
            if told or extra:
                raise CannotJudge(
                    "bench.numbers_differ",
                    f"Rows in which pandas and SQL differ in {name}: {', '.join(told) or f'{extra} rows too many'}.",
                    next_step="Bring ops/bench/notebook up to date with the SQL.",
                )
    return {}


def _differ(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f"s.{column} is distinct from p.{column}"
    apart = f"abs(s.{column} - p.{column}) > {TOLERANCE} * greatest(1, abs(s.{column}))"
    return f"(s.{column} is null) <> (p.{column} is null) or {apart}"
