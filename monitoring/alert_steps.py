"""What a window makes of one alert: opened, told again, escalated, resolved, settled, retired."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from artifacts.alerts import Alert, Ending, Event, Kind, Step, Watch
from artifacts.finding import Finding, Rule
from artifacts.findings import Findings
from monitoring.asked import alert_key, unasked

SAID_ONLY_WHEN_BAD: frozenset[Rule] = frozenset({"predictions", "log", "schema", "baseline", "skew"})
# Noise may take the rule beyond the end of its measure.
UNASKED = "noise.too_large"


@dataclass(frozen=True)
class Patience:
    """How long an open alert is left alone: until it is told again, and until it is escalated, once, by its kind.

    What has lasted longer than `settle`, or was accepted, is a part of the trailing window that it is held against;
    `take_up` later that window, so long, holds no day of before.
    """

    remind: timedelta
    escalate_drift: timedelta
    escalate_unknown: timedelta
    settle: timedelta
    take_up: timedelta


def continued(
    alert: Alert, finding: Finding | None, is_judged: bool, findings: Findings, patience: Patience
) -> tuple[Alert, Step | None]:
    """An open alert after the window, and what is told of it; `finding` is what counts of it there.

    `is_judged`, whether anything was, decides where there is none.
    """
    if finding is not None and finding.state == alert.kind:
        return _again(replace(alert, seen=findings.end, finding=finding), findings.end, patience)
    ended_by = finding or unasked(findings, alert.finding)
    if not _is_over(alert, ended_by, is_judged) and not _is_taken_up(alert, ended_by, findings, patience):
        return _again(alert, findings.end, patience)
    closed = replace(alert, closed=findings.end, told=findings.end, until=_until(alert, findings), ended_by=ended_by)
    ended: Ending = "settled" if _is_settled(closed, patience) else "resolved"
    return replace(closed, ended=ended), ended


def _is_over(alert: Alert, found: Finding | None, is_judged: bool) -> bool:
    if alert.kind == "DRIFT":
        return found is not None and found.state == "OK"
    if found is not None:
        return found.state != "UNKNOWN" or not found.required
    # Of these no finding says OK; that the values could be judged does.
    return is_judged and alert.finding.rule in SAID_ONLY_WHEN_BAD


def _is_taken_up(alert: Alert, found: Finding | None, findings: Findings, patience: Patience) -> bool:
    """Whether all of the trailing window is of after the drift began, and its days are so unlike that no rule is asked.

    Then neither OK nor DRIFT can be said of it: it would be told for ever. Against training it can, by a champion.
    """
    is_asked = found is None or (found.key, found.reason.code) != (alert.finding.key, UNASKED)
    if is_asked or (alert.kind, alert.finding.baseline) != ("DRIFT", "served"):
        return False
    behind = findings.start - alert.since
    return behind > patience.settle and behind >= patience.take_up


def _is_settled(closed: Alert, patience: Patience) -> bool:
    lasted = (closed.until or closed.since) - closed.since
    is_held = lasted > patience.settle or closed.accepted_by is not None
    return (closed.kind, closed.finding.baseline) == ("DRIFT", "served") and is_held


def opened(kind: Kind, before: Alert | None, finding: Finding, watch: Watch, findings: Findings) -> Alert:
    """The alert of a finding that is bad, and has no open one: rows are bad since the end of the last good window."""
    key = alert_key(finding)
    good_until = watch.end if watch.end is not None and watch.end < findings.end and key in watch.good else None
    return Alert(
        model=findings.model,
        version=findings.version,
        kind=kind,
        key=key,
        incident=1 if before is None else before.incident + 1,
        opened=findings.end,
        since=max(findings.start, good_until or findings.start),
        seen=findings.end,
        told=findings.end,
        finding=finding,
        first=findings.start,
    )


def _again(alert: Alert, at: datetime, patience: Patience) -> tuple[Alert, Step | None]:
    if alert.accepted_by is not None:
        return alert, None
    limit = patience.escalate_drift if alert.kind == "DRIFT" else patience.escalate_unknown
    if not alert.escalated and at - alert.opened >= limit:
        return replace(alert, told=at, escalated=True), "escalated"
    if at - alert.told >= patience.remind:
        return replace(alert, told=at), "reminded"
    return alert, None


def _until(alert: Alert, findings: Findings) -> datetime:
    """Rows from the start of the window that was good are good, if that lies behind the first bad ones.

    A window that was judged once more and is good withdraws its own alert: no row was bad.
    """
    if findings.start > alert.since:
        return findings.start
    return alert.since if alert.opened == findings.end else alert.seen


def retired(watch: Watch, end: datetime) -> tuple[Watch, list[Event]]:
    """The watch of a version that serves no more without an open alert, and what is told of it."""
    at = max(end, watch.end or end)
    closed = {
        one: replace(one, closed=at, told=at, until=max(one.since, at), ended="retired")
        for one in watch.alerts
        if one.is_open
    }
    events = [Event("retired", at, alert) for alert in closed.values()]
    return replace(watch, alerts=tuple(closed.get(one, one) for one in watch.alerts)), events
