"""`python -m ops.bench.drift`: drift of 35 features against Evidently's, in time and memory, as rows grow."""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.places import read_places
from ops.bench import compare, figures
from ops.bench.figures import Aim, Figure
from ops.bench.measure import alternate, call
from ops.bench.oracle import ENVIRON, oracle_python

NUMBERS, CATEGORIES, DAYS, SEED = 30, 5, 28, 20130101
PEER = "Evidently"


def bench(arguments: argparse.Namespace) -> cli.Answer:
    """Measure at each number of rows, product and peer in turn, each a process of its own."""
    kept = read_places().home / "bench"
    results = []
    for rows in arguments.rows:
        cli.say(f"{rows} rows on both sides")
        load = os.getloadavg()
        with tempfile.TemporaryDirectory(prefix="bench-drift-") as folder:
            found = _measure(Path(folder), rows, arguments.repeat, kept / "drift.log")
        results.append(figures.found(f"drift_{rows}", 1, found, months=0, repeat=arguments.repeat, load_before=load))
        kept.mkdir(parents=True, exist_ok=True)
        path = kept / f"drift.{rows}.json"
        ratios = [{"ratio": figure.ratio, "is_met": figure.is_met} for figure in found]
        path.write_text(json.dumps({**asdict(results[-1]), "ratios": ratios}, indent=1) + "\n", encoding="utf-8")
        cli.say(f"  written: {path}")
    lines = [line for result in results for line in _lines(result)]
    return cli.Answer(str(kept), lines)


def _lines(result: figures.Found) -> list[str]:
    return [
        f"{result.benchmark:<14} {one.name:<34} {one.value.median:>9.1f} {one.unit:<6} "
        f"{PEER} {one.peer.median if one.peer else 0:>9.1f} {one.unit:<6} {1 / (one.ratio or 1):>6.1f} times"
        for one in result.figures
    ]


def _measure(folder: Path, rows: int, repeat: int, log: Path) -> list[Figure]:
    python = oracle_python()
    files = {side: str(folder / f"{side}.parquet") for side in ("baseline", "current")}
    call("drift:make", {**files, "rows": rows}, {}, log)
    arguments = {**files, "categories": _categories()}
    found = alternate(
        repeat,
        {
            "monitoring": lambda: call("drift:run_product", files, {}, log),
            PEER: lambda: call("evidently_drift:run_evidently", arguments, ENVIRON, log, python),
        },
    )
    ours, theirs = found["monitoring"], found[PEER]
    aim = Aim("ratio", 0.1)
    return [
        compare.seconds("Drift, once all is loaded", ours, PEER, theirs, aim=aim, of=_measuring),
        compare.seconds("Drift, whole process", ours, PEER, theirs),
        *compare.resources("Drift", ours, PEER, theirs),
    ]


def _measuring(one: Any) -> float:
    return float(one.facts["parts"]["measuring"])


def _categories() -> list[str]:
    return [f"category {number}" for number in range(CATEGORIES)]


def make(baseline: str, current: str, rows: int) -> dict[str, int]:
    """Two Parquet files of `rows` rows: numbers of several shapes, some with nulls, and categories."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(SEED)
    words = np.array([f"word {number}" for number in range(40)])
    for path, moved in ((baseline, 0.0), (current, 0.2)):
        columns = {}
        for number in range(NUMBERS):
            values = random.gamma(2 + number / 3, 10, rows) if number % 3 else random.normal(moved, 1 + number, rows)
            columns[f"number {number}"] = pa.array(values, mask=random.random(rows) < 0.02 * (number % 4))
        for name in _categories():
            columns[name] = pa.array(words[np.minimum(random.geometric(0.15, rows) - 1, 39)])
        pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=65_536)
    return {"rows": rows}


def run_product(baseline: str, current: str) -> dict[str, Any]:
    """Learn the bins of the baseline, count both sides by day, measure the noise and judge every rule."""
    started = time.monotonic()
    import duckdb

    from artifacts.binning import learn_category, learn_number, text
    from artifacts.counting import count_columns
    from artifacts.side_by_side import side_by_side
    from monitoring.drift import find_drift
    from monitoring.settings import MonitoringSettings

    loaded = time.monotonic()
    categories = set(_categories())
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '1GB'")
        for name, path in (("before", baseline), ("now", current)):
            source = f"read_parquet({text(path)}, file_row_number = true)"
            day = f"date '2013-10-01' + (file_row_number % {DAYS})::integer"
            connection.execute(f'create view "{name}" as select *, {day} as "day" from {source}')  # noqa: S608
        names = [row[0] for row in connection.execute("describe now").fetchall() if row[0].split()[0] in _KINDS]
        learn = {name: learn_category if name in categories else learn_number for name in names}
        learnt = side_by_side(connection, names, lambda cursor, name: learn[name](cursor, "before", name))
        bins = {one.name: one for one in learnt}
        before = count_columns(connection, "before", bins)
        described = {name: (one, before[name]) for name, one in bins.items()}
        counted = count_columns(connection, "now", bins)
    rows = max(one.rows for one in counted.values())
    drift = find_drift("training", described, counted, MonitoringSettings(), rows)
    done = time.monotonic()
    return {
        "parts": {"loading": loaded - started, "measuring": done - loaded},
        "columns": len(names),
        "findings": len(drift.findings),
    }


_KINDS = ("number", "category")


def build_parser() -> argparse.ArgumentParser:
    """The options of `make bench-monitoring ARGS=...`."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench.drift", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured, in turn")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(verb=bench)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
