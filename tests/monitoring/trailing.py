"""How often a week in which nothing moved is DRIFT against a short trailing window: `python -m …trailing DAYS WEEKS`.

Rows are drawn at random from the window that the baseline of version 1 describes, in the home of `PIPELINE_HOME`.
"""

import sys
from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from artifacts import cli
from artifacts.baseline import Baseline
from artifacts.binning import as_counted, quoted, text
from artifacts.counting import count_by_day
from artifacts.places import read_places
from artifacts.registry import Registry
from artifacts.training_set import open_training_set, parse_id
from monitoring.described import read_described
from monitoring.drift import Described, hold_against, measured_bounds
from monitoring.settings import MonitoringSettings

MODEL, ROWS_A_DAY, WEEK = "late_arrival", 28, 7
SETTINGS = MonitoringSettings(replicates=500)


def main() -> None:
    """Say in how many weeks something was DRIFT."""
    days, weeks = (int(word) for word in sys.argv[1:])
    found = [bool(drift) for drift in alarms(days, weeks)]
    print(f"{sum(found)} of {weeks} weeks of {WEEK * ROWS_A_DAY} rows, against {days} days")


def alarms(days: int, weeks: int) -> Iterator[list[str]]:
    """Of each week what was DRIFT."""
    places = read_places()
    described = read_described(Registry.at(places), MODEL, 1)
    baseline = described.baseline
    assert isinstance(baseline, Baseline)
    training_set = open_training_set(places.training_sets, *parse_id(described.run.training_set))
    columns = [training_set.contract.column(name) for name in described.features]
    values = ", ".join(f"{as_counted(quoted(one.name), one)} as {quoted(one.name)}" for one in columns)
    moment = quoted(training_set.contract.observed_at)
    with duckdb.connect() as connection:
        connection.execute(
            f"create table source as select row_number() over () - 1 as place, {values} "
            f"from read_parquet({text(str(training_set.path))}) "
            f"where {moment} >= timestamp '{baseline.start}' and {moment} < timestamp '{baseline.end}'"
        )
        [[rows]] = connection.execute("select count(*) from source").fetchall()
        for seed in range(weeks):
            random = np.random.default_rng(1000 + seed)
            before, now = (_drawn(connection, baseline, random.integers(0, rows, n * ROWS_A_DAY)) for n in (days, WEEK))
            counted = {name: one for name, (_, one) in now.items()}
            bounds = measured_bounds(before, counted, SETTINGS, WEEK * ROWS_A_DAY)
            told = hold_against("served", before, counted, bounds).findings
            yield [f"{one.feature} {one.rule}" for one in told if one.state == "DRIFT"]
            cli.say(f"{seed + 1} of {weeks}")


def _drawn(connection: duckdb.DuckDBPyConnection, baseline: Baseline, chosen: npt.NDArray[np.int64]) -> Described:
    connection.register("chosen", pa.table({"place": chosen, "row": np.arange(len(chosen))}))
    connection.execute(
        "create or replace temp table drawn as select date '2013-09-01' + cast(row // "
        f'{ROWS_A_DAY} as integer) as "day", source.* exclude place from chosen join source using (place)'
    ).fetchall()
    return {name: (bins, count_by_day(connection, "drawn", bins)) for name, (bins, _) in baseline.features.items()}


if __name__ == "__main__":
    main()
