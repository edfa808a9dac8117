"""(a) A full `dbt build`, models and data tests, against the same compiled SQL in one plain DuckDB connection."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from ops.bench import compare
from ops.bench.figures import Aim, Figure
from ops.bench.measure import Measured, alternate, call, refuse_other_work
from ops.bench.world import MEMORY, NAME, World, as_of, land_all

TITLE = "Full dbt build, models and data tests"
PEER = "its compiled SQL in one plain DuckDB connection"
LIMITED = "the same connection with the memory that a build may use"
AIMS = {1: 1.5, 10: 1.1}
WHY = (
    "dbt loads for some five seconds and spends about 30 ms on each model and each test, whatever the rows; and a "
    "build spills what is beyond 3 GB to disk, where the plain connection has the memory of the machine"
)
WHY_MEMORY = "DuckDB keeps what it can in memory, up to the limit that a build has, and spills the rest to disk"


def bench(world: World, repeat: int) -> list[Figure]:
    """Whole processes, alternating, each from an empty warehouse."""
    land_all(world)
    built, plain = world.folder / "dbt", world.folder / "plain"

    def dbt() -> Measured:
        shutil.rmtree(built, ignore_errors=True)
        arguments = {"raw": str(world.landed / "raw"), "warehouse": str(built), "moment": as_of(world.months[-1])}
        return call("dbt_build:run_product", arguments, world.environ(world.landed), world.log)

    def floor(memory: str | None) -> Measured:
        shutil.rmtree(plain, ignore_errors=True)
        arguments = {"target": str(built / "dbt"), "folder": str(plain), "memory": memory}
        return call("dbt_build:run_plain", arguments, {}, world.log)

    runs = {"dbt build": dbt, "plain SQL": lambda: floor(None), "within the same memory": lambda: floor(MEMORY)}
    found = alternate(repeat, runs)
    refuse_other_work("rows", [one for each in found.values() for one in each])
    shutil.rmtree(built)
    shutil.rmtree(plain)
    aim = Aim("ratio", AIMS[world.scale]) if world.scale in AIMS else None
    return [
        compare.seconds(TITLE, found["dbt build"], PEER, found["plain SQL"], aim=aim, why=WHY),
        compare.seconds(
            "Full dbt build, once dbt is loaded",
            found["dbt build"],
            PEER,
            found["plain SQL"],
            of=lambda one: one.facts["parts"]["running models and tests"],
            of_peer=lambda one: one.facts["parts"]["running models and tests"],
        ),
        compare.seconds(
            "Full dbt build, within the same memory", found["dbt build"], LIMITED, found["within the same memory"]
        ),
        *compare.resources("dbt build", found["dbt build"], PEER, found["plain SQL"], WHY_MEMORY),
    ]


def run_product(raw: str, warehouse: str, moment: str) -> dict[str, Any]:
    """`dbt build` of the training set and all above it, as `python -m features build` runs it."""
    started = time.monotonic()
    from artifacts.training_set import parse_as_of
    from features.run_dbt import run_dbt

    built = run_dbt(NAME, parse_as_of(moment), raw, Path(warehouse))
    seconds = time.monotonic() - started
    running = json.loads((Path(warehouse) / "dbt" / "run_results.json").read_text(encoding="utf-8"))["elapsed_time"]
    parts = {"loading dbt, reading the project": seconds - running, "running models and tests": running}
    slowest = sorted(built.models, key=lambda model: model.seconds, reverse=True)
    models = {model.name: model.seconds for model in slowest}
    rows = next(model.rows for model in built.models if model.name == NAME)
    return {"parts": parts, "models": models, "tests": built.tests, "rows": rows}


def run_plain(target: str, folder: str, memory: str | None) -> dict[str, Any]:
    """The SQL that dbt ran, in dbt's order, in one connection, into an empty warehouse.

    With DuckDB's own settings, or with `memory` at most, which beyond it spills to disk.
    """
    import duckdb

    manifest = json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ran = json.loads((Path(target) / "run_results.json").read_text(encoding="utf-8"))["results"]
    Path(folder).mkdir(parents=True)
    models: dict[str, float] = {}
    started = time.monotonic()
    config = {"memory_limit": memory} if memory else {}
    with duckdb.connect(f"{folder}/shipshape.duckdb", config=config) as connection:
        for node in (manifest[result["unique_id"]] for result in ran):
            began = time.monotonic()
            connection.execute(Path(node["build_path"]).read_text(encoding="utf-8")).fetchall()
            if node["resource_type"] == "model":
                _put_in_place(connection, node)
                models[node["name"]] = round(time.monotonic() - began, 3)
        seconds = time.monotonic() - started
        rows = connection.execute(f"select count(*) from {NAME}").fetchall()[0][0]  # noqa: S608
    slowest = dict(sorted(models.items(), key=lambda model: model[1], reverse=True))
    return {"parts": {"running models and tests": seconds}, "models": slowest, "statements": len(ran), "rows": rows}


def _put_in_place(connection: Any, node: dict[str, Any]) -> None:
    """Some materialisations fill a table beside the final one, which dbt then renames by itself."""
    beside = f"{node['name']}__dbt_tmp"
    found = connection.execute("select count(*) from duckdb_tables() where table_name = ?", [beside]).fetchone()
    if found[0]:
        connection.execute(f'alter table "{node["schema"]}"."{beside}" rename to "{node["name"]}"')
