"""Make another year of the example source: the real year's files with shifted dates and delays of their own."""

import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

FLIGHTS, FLIGHTS_CSV, WEATHER = "flights.csv.zip", "flights.csv", "weather.csv"
SAME = ("airlines.csv", "airports.csv", "planes.csv")
NEW_YORK = ZoneInfo("America/New_York")
DAY_MINUTES = 1440
JITTER_OF_DAY, JITTER_OF_FLIGHT = 6.0, 5.0
ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Whole = npt.NDArray[np.int64]


def write_year(real: Path, folder: Path, year: int, seed: int) -> None:
    """Write the source's five files for `year` into `folder`, from those of the real year in `real`.

    Local clocks stay and `time_hour` follows from them by the year's own daylight-saving dates. Each origin has better
    and worse days than in the real year and each flight is a little earlier or later, in whole minutes (normal,
    standard deviations 6 and 5), the same at both ends of the flight, so that a row stays as consistent as it was. A
    leap day stays empty. The same arguments give the same bytes.
    """
    folder.mkdir(parents=True)
    for name in SAME:
        shutil.copyfile(real / name, folder / name)
    (folder / WEATHER).write_bytes(_text_of(_weather_of(_read_csv((real / WEATHER).open("rb")), year)))
    with zipfile.ZipFile(real / FLIGHTS) as archive, archive.open(FLIGHTS_CSV) as stream:
        flights = _flights_of(_read_csv(stream), year, seed)
    with zipfile.ZipFile(folder / FLIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(zipfile.ZipInfo(FLIGHTS_CSV, ZIP_TIME), _text_of(flights), zipfile.ZIP_DEFLATED)


def _flights_of(rows: pa.Table, year: int, seed: int) -> pa.Table:
    late = _jitter(rows, np.random.default_rng([seed, year]))
    month, day, hour = (_whole(rows, name) for name in ("month", "day", "hour"))
    rows = _put(rows, "year", [str(year)] * rows.num_rows)
    rows = _put(rows, "time_hour", _by_distinct(_utc_hour, np.full_like(month, year), month, day, hour))
    for clock, delay in (("dep_time", "dep_delay"), ("arr_time", "arr_delay")):
        there = pc.not_equal(rows[delay], "NA")
        minutes = _whole(rows, clock)
        moved = (minutes // 100 * 60 + minutes % 100 + late - 1) % DAY_MINUTES + 1
        rows = _put(rows, clock, pc.if_else(there, _text(moved // 60 * 100 + moved % 60), rows[clock]))
        rows = _put(rows, delay, pc.if_else(there, _text(_whole(rows, delay) + late), rows[delay]))
    return rows


def _weather_of(rows: pa.Table, year: int) -> pa.Table:
    """The hours of UTC stay, since each comes once, and the local clocks follow from them."""
    hours = [datetime.fromisoformat(text) for text in rows["time_hour"].to_pylist()]
    first = min(hours).year
    moved = [hour.replace(year=hour.year - first + year) for hour in hours]
    local = [hour.astimezone(NEW_YORK) for hour in moved]
    rows = _put(rows, "time_hour", [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in moved])
    for part in ("year", "month", "day", "hour"):
        rows = _put(rows, part, [str(getattr(hour, part)) for hour in local])
    return rows


def _jitter(rows: pa.Table, random: np.random.Generator) -> Whole:
    """Minutes to add to a flight's delays: one draw a day and origin, and one a flight."""
    days = _whole(rows, "month") * 31 + _whole(rows, "day")
    origins = rows["origin"].dictionary_encode().combine_chunks().indices.to_numpy()
    _, place = np.unique(days * 100 + origins, return_inverse=True)
    of_day = random.normal(0.0, JITTER_OF_DAY, place.max() + 1)[place]
    minutes: Whole = np.rint(of_day + random.normal(0.0, JITTER_OF_FLIGHT, rows.num_rows)).astype(np.int64)
    return minutes


def _utc_hour(year: int, month: int, day: int, hour: int) -> str:
    return f"{datetime(year, month, day, hour, tzinfo=NEW_YORK).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _by_distinct(of: Callable[..., str], *columns: Whole) -> pa.Array:
    """`of` called once for each distinct row of `columns`."""
    distinct, place = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    answers = np.array([of(*map(int, row)) for row in distinct], dtype=object)
    return pa.array(answers[place.ravel()], pa.string())


def _read_csv(stream: IO[bytes]) -> pa.Table:
    """Every column as text, so that what is not changed is written as it was read."""
    with stream:
        header = stream.readline().decode().strip().split(",")
        return csv.read_csv(
            stream,
            read_options=csv.ReadOptions(column_names=header),
            parse_options=csv.ParseOptions(quote_char=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), null_values=[]),
        )


def _text_of(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    sink.write((",".join(rows.column_names) + "\n").encode())
    csv.write_csv(rows, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    return bytes(sink.getvalue())


def _whole(rows: pa.Table, name: str) -> Whole:
    """A column of whole numbers; NA as 0."""
    text = pc.if_else(pc.equal(rows[name], "NA"), "0", rows[name])
    return np.asarray(text.cast(pa.int64()).to_numpy())


def _text(numbers: Whole) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _put(rows: pa.Table, name: str, values: Any) -> pa.Table:
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string())
    return rows.set_column(rows.column_names.index(name), name, column)
