"""What the replay goes through: the weeks of the rest of the year, and the months that end in each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from artifacts.errors import BadInput
from artifacts.periods import first_day, following, periods
from artifacts.window_words import window_words

DAYS = 7


@dataclass(frozen=True)
class Week:
    """Rows with start <= observed_at < end are asked about; then, at `end`, everything else happens."""

    start: date
    end: date

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Start and end, naive UTC."""
        return _midnight(self.start), _midnight(self.end)

    @property
    def words(self) -> str:
        """Its first and its last day, as people read a week."""
        return window_words(*self.window)

    @property
    def moment(self) -> datetime:
        """The end as a logical date of Airflow."""
        return _midnight(self.end).replace(tzinfo=UTC)

    def months(self) -> list[str]:
        """The months that have ended since the week began: those that land at its end."""
        days = [self.start + timedelta(days=n) for n in range(1, (self.end - self.start).days + 1)]
        return [f"{day - timedelta(days=1):%Y-%m}" for day in days if day.day == 1]


@dataclass(frozen=True)
class Plan:
    """What is replayed: the source, training set, model and config of the example, and the days of the replay.

    `last` is the day on which it is over for good, the same for every part of it.
    """

    source: str
    name: str
    model: str
    config: str
    first_month: str
    start: date
    end: date
    last: date

    def weeks(self) -> list[Week]:
        """Weeks from the first day on; the last one is shorter when the days do not come out even."""
        starts = range(0, (self.end - self.start).days, DAYS)
        days = [self.start + timedelta(days=n) for n in starts]
        return [Week(day, min(day + timedelta(days=DAYS), self.end)) for day in days]

    def months(self) -> list[str]:
        """Every month of which the rows of the replay, and their features, are made."""
        last = f"{self.end - timedelta(days=1):%Y-%m}"
        return periods(f"{self.first_month}..{last}")

    @property
    def as_of(self) -> datetime:
        """The end of the last month: by then every label is known that ever will be."""
        return _midnight(first_day(following(self.months()[-1])))


def beginning(month: str) -> datetime:
    """The logical date under which a month lands: its own first day, since `land_month` ends with the last month."""
    return _midnight(first_day(month)).replace(tzinfo=UTC)


def read_plan(example: Mapping[str, Any], until: date | None = None) -> Plan:
    """The plan of `ops/example.yaml`, or of its weeks before `until` alone.

    Raises `BadInput` (`replay.until`) when `until` is not the day after the last one of a week: the rest
    of it would be gone through as another.
    """
    days = example["replay"]
    whole = Plan(
        source=example["source"],
        name=example["name"],
        model=example["model"],
        config=example["config"],
        first_month=periods(str(example["stages"][0]["months"]))[0],
        start=days["start"],
        end=days["end"],
        last=days["end"],
    )
    ends = [week.end for week in whole.weeks()]
    if until is not None and until not in ends:
        raise BadInput(
            "replay.until",
            f"--until is {until}, and no week of the replay ends before that day; the days after the last one of "
            f"a week are {', '.join(map(str, ends))}.",
            next_step="Name one of these days.",
        )
    return replace(whole, end=until or whole.end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  naive UTC, as everywhere
