"""Take published findings into the alerts: what changed, and what is to be told, in one transaction."""

from artifacts import alerts, ledger
from artifacts.alerts import Event
from artifacts.findings import read_findings
from artifacts.places import Places
from monitoring.alert_settings import AlertSettings
from monitoring.alerts import Patience, take


def update_alerts(places: Places, settings: AlertSettings, identity: str) -> tuple[Event, ...]:
    """The events that the findings `identity` (MODEL/NAME) led to, worst first; they wait in the outbox.

    Taking the same findings again leads to none.
    """
    findings = read_findings(places.findings, identity)
    line = ledger.champion(places.ledger, findings.model)
    serving = None if line is None else line.version
    patience: Patience = settings.patience
    return alerts.change(
        places.alerts, findings.model, identity, lambda watches: take(watches, findings, serving, patience)
    )
