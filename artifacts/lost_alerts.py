"""Alerts that took in nothing of what was checked: that none is open, or no incident known, says nothing then."""

from datetime import datetime

from artifacts import alerts, ledger
from artifacts.alerts import Alert
from artifacts.database import masked
from artifacts.errors import Missing
from artifacts.findings import list_findings, window_of
from artifacts.findings_summary import Summary, is_labelled, summary
from artifacts.places import Places


def alerts_of(places: Places, model: str) -> tuple[Alert, ...]:
    """Every alert of the model, open and past; raises as `refuse_lost_alerts`."""
    refuse_lost_alerts(places, model)
    return alerts.history(places.alerts, model)


def refuse_lost_alerts(places: Places, model: str, before: datetime | None = None) -> None:
    """Raise `Missing` (`alerts.lost`) when a version that was champion was checked, and the alerts know of no check.

    They were lost, or all was checked by hand, which tells nobody. It is so too while they took in only what labels
    told: what the log alone tells comes first, and is repaired last. With `before`, only windows that ended before it
    count: a check of older days may have alerts of its own, and one that was killed finds what it published itself.
    """
    taken = {stream for _, stream in alerts.taken_to(places.alerts, model)}
    if "log" in taken:
        return
    labelled, asked = _newest_checked(places, model, before)
    if asked is None and (taken or labelled is None):
        return
    lost = [one for one in (labelled, asked) if one is not None]
    one_way = "" if not taken else " but of those with labels"
    raise Missing(
        "alerts.lost",
        f"The alerts in {masked(places.alerts)} took in no findings of {model}{one_way}, and findings of its version "
        f"{window_of(lost[-1])[2]} are published: what is open is not known.",
        next_step="Restore the alerts from their backup, or correct PIPELINE_ALERTS. If there is none, or all was "
        "checked by hand, take in what was found last: "
        f"python -m monitoring update {' '.join(f'--findings {one}' for one in lost)}",
    )


def _newest_checked(places: Places, model: str, before: datetime | None) -> tuple[str | None, str | None]:
    """The findings that a version that was champion was given last with labels, and without; None for none."""
    champions = {line.version for line in ledger.history(places.ledger, model)}
    if not champions:
        return None, None
    ends: dict[datetime, list[str]] = {}
    for one in list_findings(places.findings, model):
        _, end, version = window_of(one)
        if version in champions and (before is None or end < before):
            ends.setdefault(end, []).append(one)
    found: dict[bool, str] = {}
    for end in sorted(ends, reverse=True):
        made = [summary(places.findings, one) for one in ends[end]]
        for told in sorted(made, key=_made, reverse=True):
            found.setdefault(is_labelled(places.findings, told.id), told.id)
        if len(found) == len((True, False)):
            break
    return found.get(True), found.get(False)


def _made(one: Summary) -> tuple[datetime, str]:
    return one.created_at, one.id
