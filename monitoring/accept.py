"""Take a person's word that what drifted is meant to be so: it stays open, is told no more, and is the recent past."""

from collections.abc import Collection
from dataclasses import replace
from difflib import SequenceMatcher

from artifacts import alerts
from artifacts.alerts import Alert, Event
from artifacts.errors import Missing
from artifacts.places import Places
from monitoring.alerts import Events, Watches

SHOWN = 10


def accept(places: Places, model: str, keys: Collection[str], by: str, because: str) -> Events:
    """Accept the open DRIFT alerts of `model` with these keys; all of them are told, or none.

    It ends as every alert does, and the next time it alarms again. Raises `Missing` (`alerts.not_open`) when one is not
    open, or was accepted. UNKNOWN cannot be accepted: nobody looked.
    """

    def body(watches: Watches) -> tuple[Watches, Events]:
        after, told = dict(watches), []
        for name, watch in watches.items():
            chosen = {
                one: replace(one, accepted_by=by, accepted_because=because)
                for one in watch.alerts
                if _may_be_accepted(one) and one.key in keys
            }
            after[name] = replace(watch, alerts=tuple(chosen.get(one, one) for one in watch.alerts))
            told += [Event("accepted", watch.end or one.seen, one) for one in chosen.values()]
        _refuse_missing(model, set(keys) - {event.alert.key for event in told}, watches)
        return after, tuple(told)

    known = [watch.findings for watch in alerts.watches(places.alerts, model).values() if watch.findings]
    return alerts.change(places.alerts, model, max(known, default=model), body)


def _may_be_accepted(alert: Alert) -> bool:
    return alert.is_open and alert.kind == "DRIFT" and alert.accepted_by is None


def _refuse_missing(model: str, missing: Collection[str], watches: Watches) -> None:
    if missing:
        every = [one for watch in watches.values() for one in watch.alerts if one.is_open and one.key in missing]
        why = [_why_not(one) for one in sorted(every, key=lambda one: (one.key, one.kind))]
        there = {one.key for watch in watches.values() for one in watch.alerts if _may_be_accepted(one)}
        raise Missing(
            "alerts.not_open",
            f"Model {model} has no open drift {', '.join(sorted(missing))} that nobody accepted; there are: "
            f"{_nearest(there, missing)}.{''.join(why)}",
            next_step=f"See what is open: python -m monitoring alerts --model {model}",
        )


def _nearest(there: Collection[str], missing: Collection[str]) -> str:
    """The ten that are spelt most like any that is missing, and how many more there are."""
    alike = {one: max(SequenceMatcher(None, one, other).ratio() for other in missing) for one in there}
    nearest = sorted(there, key=lambda one: (-alike[one], one))[:SHOWN]
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    return f"{', '.join(nearest)}{more}" or "none"


def _why_not(alert: Alert) -> str:
    """Of an open alert that may not be accepted."""
    if alert.accepted_by:
        return f" {alert.accepted_by} accepted {alert.key} already."
    code = alert.finding.reason.code
    return f" {alert.key} is open, but {alert.kind} ({code}): what cannot be judged cannot be accepted."
