"""The sides of the drift benchmark: what training keeps, and what a check does with it, each a process of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

NUMBERS, DAYS, SEED, FIRST_DAY = 30, 28, 20130101, "2013-10-01"
CATEGORIES = [f"category {number}" for number in range(5)]
KINDS = ("number", "category")


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
        for name in CATEGORIES:
            columns[name] = pa.array(words[np.minimum(random.geometric(0.15, rows) - 1, 39)])
        pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=65_536)
    return {"rows": rows}


def learn_baseline(baseline: str, folder: str) -> dict[str, Any]:
    """What training keeps with a model, once: the bins of each column, and its rows in them by day."""
    started = time.monotonic()
    from artifacts.baseline import Baseline
    from artifacts.binning import learn_category, learn_number
    from artifacts.counting import count_columns
    from artifacts.side_by_side import side_by_side

    loaded = time.monotonic()
    with _opened(baseline) as connection:
        names = [row[0] for row in connection.execute("describe rows").fetchall() if row[0].split()[0] in KINDS]
        learn = {name: learn_category if name in CATEGORIES else learn_number for name in names}
        bins = side_by_side(connection, names, lambda cursor, name: learn[name](cursor, "rows", name))
        counted = count_columns(connection, "rows", {one.name: one for one in bins})
    features = {one.name: (one, counted[one.name]) for one in bins}
    first, end = datetime.fromisoformat(FIRST_DAY), datetime.fromisoformat(FIRST_DAY) + timedelta(days=DAYS)
    # What is compared has no score; any column is as good as one.
    Baseline("rows/0", "0" * 64, first, end, features, score=features[names[0]]).write(Path(folder))
    done = time.monotonic()
    return {"parts": {"loading": loaded - started, "measuring": done - loaded}, "columns": len(names)}


def check_window(current: str, folder: str) -> dict[str, Any]:
    """What each check does: read the baseline, count the window by day, measure the noise and judge every rule."""
    started = time.monotonic()
    from artifacts.baseline import FILE, read_baseline
    from artifacts.counting import count_columns
    from monitoring.drift import find_drift
    from monitoring.settings import MonitoringSettings

    loaded = time.monotonic()
    described = read_baseline(Path(folder) / FILE).features
    with _opened(current) as connection:
        counted = count_columns(connection, "rows", {name: bins for name, (bins, _) in described.items()})
    rows = max(one.rows for one in counted.values())
    drift = find_drift("training", described, counted, MonitoringSettings(), rows)
    done = time.monotonic()
    return {
        "parts": {"loading": loaded - started, "measuring": done - loaded},
        "columns": len(described),
        "findings": len(drift.findings),
    }


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    """A connection that knows the file as `rows`, with a day for each."""
    import duckdb

    from artifacts.binning import text

    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '1GB'")
        source = f"read_parquet({text(path)}, file_row_number = true)"
        day = f"date '{FIRST_DAY}' + (file_row_number % {DAYS})::integer"
        connection.execute(f'create view rows as select *, {day} as "day" from {source}')  # noqa: S608
        yield connection
