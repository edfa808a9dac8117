"""An alert as `monitoring alerts` and `accept` print it: a line, and the same as facts."""

from collections.abc import Mapping
from datetime import datetime

from artifacts.alerts import Alert, Stream, seen_last, stream_of
from artifacts.finding import Finding
from artifacts.window_words import window_to


def accepted_line(alert: Alert, taken: Mapping[tuple[int, Stream], datetime]) -> str:
    """Of which window the drift is: newer ones may be UNKNOWN, and whether it is so there is not known."""
    last = seen_last(alert, taken.get((alert.version, stream_of(alert.finding))))
    return f"accepted  {alert.kind:<7} {alert.key}: {last or f'seen in the window to {window_to(alert.seen)}'}"


def alert_line(alert: Alert, taken: Mapping[tuple[int, Stream], datetime]) -> str:
    """State, since when, of which window last, and how far; `taken` is to which window findings were taken in."""
    state = "open"
    if alert.closed is not None:
        state = f"{alert.ended or 'closed'} by the window to {window_to(alert.closed)}"
    finding = alert.finding
    far = _far(finding)
    if far and not alert.is_open:
        # The threshold is of each window's own noise, so that of then is another.
        now = "" if alert.ended_by is None else _far(alert.ended_by)
        far = f" was{far}{now and f', then{now}'}"
    last = seen_last(alert, taken.get((alert.version, stream_of(finding))))
    escalated = ", escalated" if alert.escalated else ""
    escalated += f", accepted by {alert.accepted_by}: {alert.accepted_because}" if alert.accepted_by else ""
    return (
        f"{alert.kind:<7} v{alert.version} {alert.key} #{alert.incident}: {state}{escalated}, "
        f"since the window to {window_to(alert.opened)}, {finding.reason.code}{far}{last and f', {last}'}"
    )


def _far(finding: Finding) -> str:
    if finding.value is None or finding.threshold is None:
        return ""
    return f" {finding.value:.4g} of {finding.threshold:.4g}"


def alert_facts(alert: Alert) -> dict[str, object]:
    """The same for a program."""
    names = ("version", "kind", "key", "incident", "opened", "since", "seen", "until", "closed", "ended", "escalated")
    told = ("accepted_by", "accepted_because")
    finding = alert.finding
    facts = {name: getattr(alert, name) for name in (*names, *told)}
    return facts | {"value": finding.value, "code": finding.reason.code}
