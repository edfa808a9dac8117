"""(d) Holding a training set against its expectations, against the same checks as one query each in plain SQL."""

import shutil
import time
from pathlib import Path
from typing import Any

from ops.bench import compare
from ops.bench.figures import Figure
from ops.bench.measure import Measured, alternate, call
from ops.bench.world import World, build_all

TITLE = "Validation of a training-set version"
PEER = "the same checks in plain SQL"


def bench(world: World, repeat: int) -> list[Figure]:
    """Whole processes, alternating, on the version that is built from all months."""
    arguments = {"training_set": build_all(world).facts["id"]}
    folder = world.folder / "validation"

    def product() -> Measured:
        shutil.rmtree(folder, ignore_errors=True)
        return call("validation:run_product", {**arguments, "folder": str(folder)}, environ, world.log)

    def floor() -> Measured:
        return call("validation:run_plain", arguments, environ, world.log)

    environ = world.environ(world.landed)
    found = alternate(repeat, {"expectations": product, "plain SQL": floor})
    product_runs, floor_runs = found["expectations"], found["plain SQL"]
    return [
        compare.seconds(TITLE, product_runs, PEER, floor_runs),
        compare.seconds(
            "Validation, once Great Expectations is loaded",
            product_runs,
            PEER,
            floor_runs,
            of=lambda one: one.facts["parts"]["checking"],
        ),
        *compare.resources("Validation", product_runs, PEER, floor_runs),
    ]


def run_product(training_set: str, folder: str) -> dict[str, Any]:
    """Every expectation, with Data Docs."""
    started = time.monotonic()
    from features.validate import validate

    found = _opened(training_set)
    Path(folder).mkdir(parents=True)
    loaded = time.monotonic()
    result = validate(found.path, found.contract, found.as_of, None, folder=Path(folder), attempt=found.version)
    seconds = time.monotonic() - loaded
    parts = {"loading Great Expectations": loaded - started, "checking": seconds}
    return {"parts": parts, "checks": len(result.results), "rows": found.rows}


def run_plain(training_set: str) -> dict[str, Any]:
    """Each check's own SQL, counted in one scan of the same file; the checks of the whole set in a second."""
    started = time.monotonic()
    import duckdb

    from features.checks import aggregates_sql, row_checks

    found = _opened(training_set)
    path = str(found.path)
    loaded = time.monotonic()
    with duckdb.connect() as connection:
        connection.from_parquet(path).create_view("rows")
        connection.execute("describe rows").fetchall()
        broken = [check.broken for check in row_checks(found.contract) if check.broken is not None]
        counts = ", ".join(f"count(*) filter ({sql})" for sql in broken)
        counted = connection.execute(f"select {counts} from rows").fetchone()  # noqa: S608
        connection.execute(aggregates_sql(found.contract, found.as_of, None)).fetchall()
    seconds = time.monotonic() - loaded
    return {
        "parts": {"loading": loaded - started, "checking": seconds},
        "checks": len(broken),
        "offending": sum(counted or ()),
    }


def _opened(training_set: str) -> Any:
    from artifacts.places import read_places
    from artifacts.training_set import open_training_set, parse_id

    return open_training_set(read_places().training_sets, *parse_id(training_set))
