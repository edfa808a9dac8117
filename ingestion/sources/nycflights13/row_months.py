"""The month that each row of a file names, held against its time: a row of no month would land with none of them."""

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from artifacts.errors import BadInput
from ingestion.sources.nycflights13.clocks import NEW_YORK, month_in_utc

LAST_YEAR, MONTHS = 9999, 12


def months_of(path: Path, batch: pa.RecordBatch, line: int, now: datetime) -> pa.Array:
    """`count_of` the month of each row; `line` is that of the first.

    Raises `BadInput`: `source.time_impossible` for a year or a month that there is not, or that `time_hour` is not in,
    by New York's calendar; `source.time_in_future` for a month that has not begun.
    """
    for name, highest in (("month", MONTHS), ("year", LAST_YEAR)):
        wrong = pc.or_(pc.less(batch[name], 1), pc.greater(batch[name], highest))
        if (at := pc.index(wrong, True).as_py()) >= 0:
            what = f"column {name} is {batch[name][at]}, wanted 1 to {highest}"
            raise _refusal("time_impossible", path, line + at, what)
    months = pc.add(pc.multiply(batch["year"], MONTHS), batch["month"])
    if (at := pc.index(pc.greater(months, count_of(now)), True).as_py()) >= 0:
        what = f"columns year and month are {text_of(months[at].as_py())}, which has not begun"
        raise _refusal("time_in_future", path, line + at, what)
    times = batch["time_hour"].cast(pa.timestamp("s"))
    for month in sorted(pc.unique(months).to_pylist()):
        begin, end = (pa.scalar(moment, pa.timestamp("s")) for moment in month_in_utc(NEW_YORK, first_of(month)))
        outside = pc.or_(pc.less(times, begin), pc.greater_equal(times, end))
        if (at := pc.index(pc.and_(pc.equal(months, month), outside), True).as_py()) >= 0:
            what = (
                f"columns year and month are {text_of(month)}, "
                f"but time_hour {times[at].cast(pa.string())} UTC is in another month in New York"
            )
            raise _refusal("time_impossible", path, line + at, what)
    return months


def count_of(day: date) -> int:
    """A month as a number; the next month is one more."""
    return day.year * MONTHS + day.month


def first_of(count: int) -> date:
    """The first day of the month that `count` stands for."""
    return date((count - 1) // MONTHS, (count - 1) % MONTHS + 1, 1)


def text_of(count: int) -> str:
    """Such as `2013-01`."""
    return first_of(count).isoformat()[:7]


def _refusal(code: str, path: Path, line: int, what: str) -> BadInput:
    return BadInput(
        f"source.{code}",
        f"{path}: line {line}: {what}.",
        next_step="Correct the file, or get it again; nothing landed.",
    )
