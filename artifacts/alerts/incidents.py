"""The days of incidents, by feature: what a trailing window leaves out, so that a fault is not its own measure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from artifacts.alerts.alert import Alert
from artifacts.alerts.store import history

Incidents = Mapping[str, frozenset[date]]


def incident_days(
    url: str, model: str, version: int, start: datetime, end: datetime, *, longest: timedelta
) -> Incidents:
    """As `days_of_incidents`, of all that was ever told of `model`."""
    return days_of_incidents(history(url, model), version, start, end, longest)


def days_of_incidents(
    alerts: Iterable[Alert], version: int, start: datetime, end: datetime, longest: timedelta
) -> Incidents:
    """By feature, the days of start <= day < end of each window in which it was DRIFT; an open alert has no end.

    A window that is not may hold a bad day, so every day of one that is counts. An incident of more than `longest` by
    `end` is the recent past, as one is that somebody accepted: none of its days is left out. UNKNOWN names no bad rows;
    an alert about no feature, as of a metric, no feature whose rows are bad.
    """
    days: dict[str, set[date]] = {}
    for alert in alerts:
        feature = alert.finding.feature
        if feature is None or alert.version != version or not _is_left_out(alert, end, longest):
            continue
        day = max(alert.first or alert.since, start).replace(hour=0, minute=0, second=0, microsecond=0)
        last = end if alert.is_open else min(alert.seen, end)
        while day < last:
            days.setdefault(feature, set()).add(day.date())
            day += timedelta(days=1)
    return {feature: frozenset(found) for feature, found in days.items()}


def _is_left_out(alert: Alert, end: datetime, longest: timedelta) -> bool:
    if alert.kind != "DRIFT" or alert.accepted_by is not None or alert.until == alert.since:
        return False
    return min(alert.until or end, end) - alert.since <= longest
