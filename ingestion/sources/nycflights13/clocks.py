"""Local clocks and UTC, hour by hour, from the IANA zones; every zone of the source changes on a full hour."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

NEW_YORK = "America/New_York"
_MOMENT = pa.timestamp("us")
_AROUND = timedelta(days=4)


def is_zone(name: str | None) -> bool:
    """Whether `name` is a zone of the IANA database."""
    try:
        return name is not None and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def hours_in_utc(zone: str, first: date) -> pa.Table:
    """`utc_hour_at` and its `local_hour_at` in `zone`, for each hour of the month and some days around it."""
    hours = _hours(first)
    local = [hour.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for hour in hours]
    return pa.table({"utc_hour_at": pa.array(hours, _MOMENT), "local_hour_at": pa.array(local, _MOMENT)})


def month_in_utc(zone: str, first: date) -> tuple[datetime, datetime]:
    """When the month that begins on `first` begins and ends in `zone`, as naive UTC; the end is not in it."""
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    begin, end = (_in_utc(zone, datetime(day.year, day.month, 1)) for day in (first, after))  # noqa: DTZ001
    return begin, end


def hours_of_clocks(zones: Iterable[str], first: date) -> pa.Table:
    """`time_zone`, `local_hour_at` and its `utc_hour_at`, for each hour that a clock can show around the month.

    An hour that comes twice means its first pass; one that is skipped is counted on from the hour before (PEP 495).
    """
    rows = [(zone, hour, _in_utc(zone, hour)) for zone in sorted(zones) for hour in _hours(first)]
    return pa.table(
        {
            "time_zone": pa.array([row[0] for row in rows], pa.string()),
            "local_hour_at": pa.array([row[1] for row in rows], _MOMENT),
            "utc_hour_at": pa.array([row[2] for row in rows], _MOMENT),
        }
    )


def _hours(first: date) -> list[datetime]:
    start = datetime(first.year, first.month, 1) - _AROUND  # noqa: DTZ001
    days = 31 + 2 * _AROUND.days
    return [start + timedelta(hours=hour) for hour in range(days * 24)]


def _in_utc(zone: str, hour: datetime) -> datetime:
    return hour.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
