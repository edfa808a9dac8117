"""Take published findings into the alerts: what changed, and what is to be told, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from artifacts import alerts, ledger
from artifacts.alerts import Event
from artifacts.findings import Findings, read_findings
from artifacts.lost_findings import was_checked_before
from artifacts.places import Places
from monitoring.alert_settings import AlertSettings
from monitoring.alert_steps import Patience
from monitoring.alerts import Events, Watches, passed_over, take
from monitoring.asked import asked
from monitoring.window import refuse_ahead


@dataclass(frozen=True)
class Taken:
    """The events that findings led to, worst first; and why they changed nothing, where they were passed over."""

    events: tuple[Event, ...]
    passed_over: str | None


def update_alerts(places: Places, settings: AlertSettings, identity: str) -> Taken:
    """Take in the findings `identity` (MODEL/NAME); the events wait in the outbox.

    Taking the same findings again leads to none. Raises `BadInput` (`monitoring.day_ahead`) when their window is not
    over.
    """
    findings = read_findings(places.findings, identity)
    refuse_ahead(findings.end, f"The window of {identity}")
    line = ledger.champion(places.ledger, findings.model)
    serving = None if line is None else line.version
    patience: Patience = settings.patience
    why: list[str | None] = []
    began = _began(places, findings)

    def body(watches: Watches) -> tuple[Watches, Events]:
        why.append(passed_over(watches, findings))
        return take(watches, findings, serving, patience, began)

    events = alerts.change(places.alerts, findings.model, identity, body)
    return Taken(events, why[-1])


def _began(places: Places, findings: Findings) -> datetime | None:
    """From when on the alerts know, should these be the first of the log that they take; None is from the start."""
    is_known = (findings.version, "log") in alerts.taken_to(places.alerts, findings.model)
    if is_known or asked(findings)[0] == "truth":
        return None
    was_checked = was_checked_before(places, findings.model, findings.version, findings.end)
    return findings.start if was_checked else None
