"""An event of an alert as a webhook has it, beside the words."""

from typing import Any

from artifacts.alerts import Event


def event_facts(event: Event) -> dict[str, Any]:
    """Its step, the alert after it, and the numbers; JSON takes all of it."""
    alert, finding = event.alert, event.alert.finding
    return {
        "id": event.id,
        "step": event.step,
        "at": event.at.isoformat(),
        "version": alert.version,
        "kind": alert.kind,
        "key": alert.key,
        "incident": alert.incident,
        "since": alert.since.isoformat(),
        "until": None if alert.until is None else alert.until.isoformat(),
        "value": finding.value,
        "value_now": None if alert.ended_by is None else alert.ended_by.value,
        "threshold": finding.threshold,
        "low": finding.low,
        "high": finding.high,
        "rows": finding.rows,
        "code": finding.reason.code,
        "reason": finding.reason.text,
        "accepted_by": alert.accepted_by,
        "accepted_because": alert.accepted_because,
    }
