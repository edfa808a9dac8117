"""Which month to land, and whether it is over: not before it is, for every clock on earth."""

from datetime import UTC, datetime, time, timedelta

from artifacts.errors import BadInput
from artifacts.periods import first_day, following

# The last clocks to leave a day are twelve hours behind UTC.
LAST_CLOCK = timedelta(hours=12)


def month_to_land(month: str | None, interval_start: datetime | None) -> str:
    """`month`, or else that of the data interval; raises `BadInput` (`ingestion.no_month`) when there is neither."""
    if month:
        return month
    if interval_start is None:
        raise BadInput(
            "ingestion.no_month",
            "The DAG run has neither the parameter month nor a data interval; a month such as 2013-01 is wanted.",
            next_step="Trigger land_month again, with a month.",
        )
    return f"{interval_start:%Y-%m}"


def refuse_unfinished(month: str, now: datetime) -> None:
    """Raise `BadInput` (`ingestion.month_not_over`) before `month` is over everywhere; `now` is aware.

    A source keeps local time, and what lands stays: an event of the last evening would land as one that never happened.
    """
    over = datetime.combine(first_day(following(month)), time(), UTC) + LAST_CLOCK
    if now < over:
        raise BadInput(
            "ingestion.month_not_over",
            f"The month {month} is not over on every clock until {over:%Y-%m-%d %H:%M} UTC: "
            f"it is {now.astimezone(UTC):%Y-%m-%d %H:%M} now.",
            next_step="Land it when it is over.",
        )
