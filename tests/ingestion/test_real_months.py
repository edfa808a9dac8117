"""The months of the installed package land as they are, and their times agree with the source's own clocks."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from artifacts.periods import periods
from artifacts.raw import Partition
from ci.cut_nycflights13 import cut
from ingestion.land import land_month
from ingestion.sources.nycflights13.files import find_folder
from ingestion.sources.nycflights13.flights import COLUMNS
from ingestion.sources.nycflights13.restated import KEYS
from ingestion.strict_csv import read_rows

SOURCE, MARCH = "nycflights13", "2013-03"


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Partition]:
    root = tmp_path_factory.mktemp("raw")
    return {partition.key.table: partition for partition in land_month(str(root), SOURCE, MARCH, {})}


def test_every_flight_of_the_month_lands(march: dict[str, Partition]) -> None:
    flights = march["flights"]
    assert flights.rows == {"schedule": 28834, "departure": 27973, "arrival": 27902, "cancellation": 932}
    assert flights.quarantined == 0
    assert flights.provenance["files"]["flights.csv.zip"]["rows"] == 336776
    assert flights.provenance["version"] == "0.0.3"


def test_only_airports_without_a_zone_are_set_aside_in_march(march: dict[str, Partition]) -> None:
    aside = {table: partition.quarantined_by_reason for table, partition in march.items() if partition.quarantined}
    assert aside == {"airports": {"time_zone_unknown": 3}}


def test_a_wind_of_a_thousand_miles_an_hour_is_set_aside_in_february(tmp_path: Path) -> None:
    made = {partition.key.table: partition for partition in land_month(str(tmp_path), SOURCE, "2013-02", {})}
    assert made["weather"].quarantined_by_reason == {"wind_impossible": 1}


def test_arrivals_in_utc_show_the_sources_clock_time_at_their_destination(march: dict[str, Partition]) -> None:
    """One of 27,902 differs: the source writes 02:03 in a night in which no clock at its destination showed that."""
    clocks = _clocks_of_march()
    zones = _pairs(march["airports"], "airport", "airport", "time_zone")
    dest = _pairs(march["flights"], "schedule", "flight_id", "dest")
    arrived = _pairs(march["flights"], "arrival", "flight_id", "arrived_at")
    differ = [flight for flight, moment in arrived.items() if _clock(moment, zones[dest[flight]]) != clocks[flight]]
    assert differ == ["JFK-B6-35-2013-03-10T02:45"]


def test_every_row_of_the_files_lands_or_is_set_aside_in_one_of_the_months(tmp_path: Path) -> None:
    cut(tmp_path / "source")
    environ = {"INGESTION_NYCFLIGHTS13_FOLDER": str(tmp_path / "source")}
    found = {"flights": 0, "weather": 0}
    for month in periods("2013-01..2013-12"):
        made = {partition.key.table: partition for partition in land_month(str(tmp_path), SOURCE, month, environ)}
        files = made["flights"].provenance["files"]
        for table, fact in (("flights", "schedule"), ("weather", "observation")):
            found[table] += made[table].rows[fact] + made[table].quarantined
    assert found == {"flights": files["flights.csv.zip"]["rows"], "weather": files["weather.csv"]["rows"]}
    assert found["weather"] == 26115


def test_a_key_is_there_once_and_only_what_may_be_null_is(march: dict[str, Partition]) -> None:
    for (table, fact), named in KEYS.items():
        rows = pq.read_table(f"{march[table].uri}/{fact}.parquet")
        assert rows.num_rows == rows.group_by(list(named.columns)).aggregate([]).num_rows
        assert {name for name in rows.column_names if rows[name].null_count} <= {*named.nullable}, fact


def _clocks_of_march() -> dict[str, int]:
    file = find_folder(None) / "flights.csv.zip"
    rows = read_rows(file, COLUMNS, lambda batch, _: pc.equal(batch["month"], 3)).table
    rows = rows.filter(rows["arr_delay"].is_valid()).to_pylist()
    return {
        f"{row['origin']}-{row['carrier']}-{row['flight']}-{row['time_hour']:%Y-%m-%dT%H}:{row['minute']:02}": (
            row["arr_time"] % 2400
        )
        for row in rows
    }


def _clock(moment: datetime, zone: str) -> int:
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return local.hour * 100 + local.minute


def _pairs(partition: Partition, fact: str, name: str, value: str) -> dict[str, Any]:
    table = pq.read_table(f"{partition.uri}/{fact}.parquet", columns=[name, value])
    return dict(zip(table[name].to_pylist(), table[value].to_pylist(), strict=True))
