"""Up to which moment every source has landed whole, the `as_of` that a build may choose by itself, and what is new."""

from collections.abc import Iterable
from datetime import datetime

from artifacts import shelf
from artifacts.errors import Missing
from artifacts.periods import first_day, following
from artifacts.raw import landed_through, partitions


def landed_until(root: str) -> datetime:
    """The end (naive UTC) of the last month up to which every source under `root` landed without a gap.

    Raises `Missing` (`raw.nothing_landed`) that names the sources of which no month is whole.
    """
    through = {source: landed_through(root, source) for source in shelf.children(root)}
    months = [month for month in through.values() if month is not None]
    if not months or len(months) < len(through):
        empty = ", ".join(sorted(source for source, month in through.items() if month is None)) or "any source"
        raise Missing(
            "raw.nothing_landed",
            f"No whole month of {empty} lies in {root}.",
            next_step="Land one: python -m ingestion land --source SOURCE --month 2013-01",
        )
    day = first_day(following(min(months)))
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  naive UTC, as everywhere


def landed_since(root: str, known: Iterable[str]) -> list[str]:
    """The partitions (`SOURCE/TABLE/PERIOD/REVISION`) that a build would read now and that are not `known`, sorted.

    Of the sources of `known` only, and of months that landed whole; corrections of such months are among them. Raises
    as `landed_until`.
    """
    told = set(known)
    sources = {one.partition("/")[0] for one in told}
    until = landed_until(root).date()
    there = [one for source in sorted(sources) for one in partitions(root, source) if first_day(one.key.period) < until]
    return sorted({f"{one.key}/{one.revision}" for one in there} - told)
