"""Up to which moment every source has landed whole, the `as_of` that a build may choose by itself, and what is new."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import yaml

from artifacts.errors import BadInput, Missing
from artifacts.periods import first_day, following
from artifacts.places import REPOSITORY
from artifacts.raw import first_gap, landed_through, partitions

DBT_PROJECT = REPOSITORY / "dbt_project"


def declared_sources(project: Path = DBT_PROJECT) -> list[str]:
    """The names of the sources that the SQL models of a dbt project can read, sorted: those that its YAML declares.

    A source's name is that of its folder under raw. What has landed and is not declared holds no build up: no model
    reads it yet. Raises `BadInput` (`source.undescribed`) for YAML that cannot be read.
    """
    found: set[str] = set()
    for path in sorted(one for one in (project / "models").rglob("*.y*ml") if one.suffix in {".yml", ".yaml"}):
        try:
            described = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
            found |= {source["name"] for source in described.get("sources") or []}
        except (yaml.YAMLError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise BadInput(
                "source.undescribed",
                f"{path.relative_to(project)} does not say which sources it declares: {error}.",
                next_step="Mend it; dbt itself names the line: make dbt ARGS=parse",
            ) from error
    return sorted(found)


def landed_until(root: str, sources: Collection[str]) -> datetime:
    """The end (naive UTC) of the last month up to which every one of `sources` landed under `root` without a gap.

    Raises `Missing` (`raw.nothing_landed`) that names a source of which the first month is not whole.
    """
    through = {source: landed_through(root, source) for source in sources}
    months = [month for month in through.values() if month is not None]
    if not months or len(months) < len(through):
        raise _nothing_whole(root, sorted(source for source, month in through.items() if month is None))
    day = first_day(following(min(months)))
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  naive UTC, as everywhere


def landed_since(root: str, known: Iterable[str], sources: Collection[str]) -> list[str]:
    """The partitions (`SOURCE/TABLE/PERIOD/REVISION`) that a build would read now and that are not `known`, sorted.

    Of the sources of `known` only, and of months of which all `sources` landed whole; corrections of such months are
    among them. Raises as `landed_until`.
    """
    told = set(known)
    until = landed_until(root, sources).date()
    read = sorted({one.partition("/")[0] for one in told})
    there = [one for source in read for one in partitions(root, source) if first_day(one.key.period) < until]
    return sorted({f"{one.key}/{one.revision}" for one in there} - told)


def _nothing_whole(root: str, sources: Sequence[str]) -> Missing:
    for source in sources:
        if (month := first_gap(root, source)) is not None:
            return Missing(
                "raw.nothing_landed",
                f"No whole month of {source} comes first in {root}: of {month}, which does, tables are missing.",
                next_step=f"Land it again: python -m ingestion land --source {source} --month {month}",
            )
    return Missing(
        "raw.nothing_landed",
        f"No whole month of {', '.join(sources) or 'any source'} lies in {root}.",
        next_step=f"Land one: python -m ingestion land --source {(sources or ['SOURCE'])[0]} --month 2013-01",
    )
