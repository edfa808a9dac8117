"""On the same data, the measures are those of Evidently."""

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from artifacts.binning import Bins, learn_category, learn_number
from artifacts.counting import Counted, count_by_day
from artifacts.grouping import grouping
from monitoring.noise import observed, statistics
from ops.bench.measure import call
from ops.bench.oracle import ENVIRON, oracle_python
from tests.monitoring.study import Columns, draw

ROWS = 20_000
# PSI: half a row is added to each group here (with an empty group it is infinite, and each has its own stand-in, so
# there is none in these data). Wasserstein: taken of some sixty bins here, of all values there.
TOLERANCE = {"psi": 0.002, "jensen_shannon": 1e-9, "wasserstein": 0.003, "null_share": 1e-12}


def moved(columns: Columns) -> Columns:
    """Every column some way off, none by the same way."""
    rows = np.arange(ROWS)
    return columns | {
        "smooth 1": pc.add(columns["smooth 1"], 1.0),
        "smooth 2": pc.multiply(columns["smooth 2"], 1.3),
        "heavy": pc.multiply(columns["heavy"], 1.2),
        "zeros": pc.multiply(columns["zeros"], 1.5),
        "gaps": pc.if_else(pa.array(rows % 10 == 0), None, columns["gaps"]),
        "hour": pc.if_else(pa.array(rows % 5 == 0), 3.0, columns["hour"]),
        "place": pc.if_else(pa.array(rows % 8 == 0), "place 01", columns["place"]),
    }


def sides(name: str, before: Columns, now: Columns) -> tuple[Bins, Counted, Counted]:
    """Both sides of a column, counted in bins learnt from the first."""
    with duckdb.connect() as connection:
        for side, columns in (("before", before), ("now", now)):
            day = pa.array([0] * ROWS, pa.int32()).cast(pa.date32())
            connection.register(side, pa.table({name: columns[name], "day": day}))
        learn = learn_category if pa.types.is_string(before[name].type) else learn_number
        bins = learn(connection, "before", name)
        return bins, *(count_by_day(connection, side, bins) for side in ("before", "now"))


def groups_of_rows(bins: Bins, groups: Any, column: pa.Array) -> pa.Array:
    """The group of each row as text, by NumPy and not by SQL: Evidently is given these as categories."""
    if bins.kind == "number":
        places = np.searchsorted(bins.edges, column.to_numpy(), side="left")
    else:
        places = pc.index_in(column, pa.array(bins.categories)).fill_null(len(bins.categories)).to_numpy()
    return pa.array([f"group {group}" for group in groups[places]])


@pytest.mark.slow
def test_psi_jensen_shannon_wasserstein_and_null_shares_are_those_of_evidently(tmp_path: Path) -> None:
    before = draw(np.random.default_rng(1), ROWS)
    now = moved(draw(np.random.default_rng(2), ROWS))
    counted = {name: sides(name, before, now) for name in before}
    # What Evidently makes of a column with nulls depends on the measure; its null share is compared below.
    whole = [name for name in before if not before[name].null_count and not now[name].null_count]
    groups = {name: grouping(counted[name][0], counted[name][1].counts.sum(axis=0)) for name in whole}
    files = {side: str(tmp_path / f"{side}.parquet") for side in ("baseline", "current")}
    for path, columns in zip(files.values(), (before, now), strict=True):
        grouped = {f"{name} group": groups_of_rows(counted[name][0], groups[name], columns[name]) for name in whole}
        pq.write_table(pa.table({**columns, **grouped}), path)
    categories = ["place", "flag", *(f"{name} group" for name in whole)]
    arguments = {**files, "categories": categories, "into": str(tmp_path / "found.json")}
    call("evidently_drift:run_evidently", arguments, ENVIRON, tmp_path / "log", oracle_python())
    theirs = json.loads((tmp_path / "found.json").read_text())
    apart: dict[str, float] = dict.fromkeys(TOLERANCE, 0.0)

    def compare(measure: str, ours: float, their: float) -> None:
        apart[measure] = max(apart[measure], abs(ours - their))

    for name, (bins, first, second) in counted.items():
        compare("null_share", float(observed(bins, second).null_share), theirs[name]["null_share"])
        if name in whole:
            found = statistics(bins, groups[name], observed(bins, first), observed(bins, second))
            compare("psi", float(found["psi"]), theirs[f"{name} group"]["psi"])
            nats = float(found["jensen_shannon"]) * math.sqrt(math.log(2))
            compare("jensen_shannon", nats, theirs[f"{name} group"]["jensenshannon"])
            if bins.kind == "number":
                compare("wasserstein", float(found["wasserstein"]), theirs[name]["wasserstein"])
    assert {measure: far <= TOLERANCE[measure] for measure, far in apart.items()} == dict.fromkeys(apart, True)
