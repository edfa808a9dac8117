"""Alerts that took in nothing of what was checked: that none is open, or no incident known, says nothing then."""

from datetime import datetime

from artifacts import alerts, ledger
from artifacts.alerts import Alert
from artifacts.database import masked
from artifacts.errors import Missing
from artifacts.findings import list_findings, window_of
from artifacts.findings_summary import summary
from artifacts.places import Places


def alerts_of(places: Places, model: str) -> tuple[Alert, ...]:
    """Every alert of the model, open and past; raises as `refuse_lost_alerts`."""
    known = alerts.history(places.alerts, model)
    if not known:
        refuse_lost_alerts(places, model)
    return known


def refuse_lost_alerts(places: Places, model: str, before: datetime | None = None) -> None:
    """Raise `Missing` (`alerts.lost`) when a version that was champion was checked, and the alerts know of no check.

    They were lost, or all was checked by hand, which tells nobody. With `before`, only windows that ended before it
    count: a check of older days may have alerts of its own, and one that was killed finds what it published itself.
    """
    checked = None if model in alerts.models(places.alerts) else _newest_checked(places, model, before)
    if checked is not None:
        raise Missing(
            "alerts.lost",
            f"The alerts in {masked(places.alerts)} took in no findings of {model}, and findings of its version "
            f"{window_of(checked)[2]} are published: what is open is not known.",
            next_step="Restore the alerts from their backup, or correct PIPELINE_ALERTS. If there is none, or all was "
            f"checked by hand, take in what was found last: python -m monitoring update --findings {checked}",
        )


def _newest_checked(places: Places, model: str, before: datetime | None) -> str | None:
    """The findings that a version that was champion was given last, by their window; None where there are none."""
    champions = {line.version for line in ledger.history(places.ledger, model)}
    if not champions:
        return None
    windows = {one: window_of(one) for one in list_findings(places.findings, model)}
    found = {
        one: end
        for one, (_, end, version) in windows.items()
        if version in champions and (before is None or end < before)
    }
    newest = max(found.values(), default=None)
    last = [summary(places.findings, one) for one, end in found.items() if end == newest]
    return max(last, key=lambda one: (one.created_at, one.id)).id if last else None
