"""When a finding becomes an alert, is told again, and ends: a pure function of what was known and what was found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from artifacts.alerts.alert import Alert, Event, Kind, Step, Stream, Watch, stream_of
from artifacts.finding import BaselineKind, Finding, Reason, Rule, State
from artifacts.findings import Findings

ORDER: tuple[Step, ...] = ("escalated", "opened", "reminded", "resolved", "retired")
BADNESS: tuple[State, ...] = ("DRIFT", "UNKNOWN", "OK")
SAID_ONLY_WHEN_BAD: frozenset[Rule] = frozenset({"predictions", "log", "schema", "baseline", "skew"})
NOTHING = Reason("findings.nothing_judged", "No rule was asked of this window: nothing is known of it.")
_WEEK = re.compile(r"\d{4}-\d{2}-\d{2}")

Watches = Mapping[tuple[int, Stream], Watch]
Events = tuple[Event, ...]


@dataclass(frozen=True)
class Patience:
    """How long an open alert is left alone: until it is told again, and until it is escalated, once, by its kind."""

    remind: timedelta
    escalate_drift: timedelta
    escalate_unknown: timedelta


def alert_key(finding: Finding) -> str:
    """The finding's key without a week, so that this week's alert is the one that next week's finding ends."""
    return replace(finding, part=None).key if finding.part and _WEEK.fullmatch(finding.part) else finding.key


def take(watches: Watches, findings: Findings, serving: int | None, patience: Patience) -> tuple[Watches, Events]:
    """The watches of the model once `findings` are known, and the events to tell, worst first.

    Findings with a `truth` are known later than others: both are streams of their own. In each, findings that are
    `passed_over` change nothing; the newest window checked again, with another outcome, counts. DRIFT ends only with
    OK: UNKNOWN, an alert of its own, ends none. Open alerts of other versions are retired when findings of the version
    `serving` come in, in their stream; those of labels once its window lies behind theirs. Time is that of the window.
    """
    stream, found = asked(findings)
    watch = watches.get((findings.version, stream)) or Watch(findings.model, findings.version, stream)
    if passed_over(watches, findings) is not None:
        return watches, ()
    after = dict(watches)
    after[findings.version, stream], events = _taken(watch, found, findings, patience)
    if serving == findings.version:
        for name, other in watches.items():
            if other.version != serving and other.stream == stream and not _is_due(other, findings):
                after[name], told = _retired(other, findings.end)
                events += told
    return after, tuple(sorted(events, key=_worst_first))


def passed_over(watches: Watches, findings: Findings) -> str | None:
    """Why `findings` change no alert, as a sentence: they were taken, or a newer window was; None when they count."""
    stream, _ = asked(findings)
    watch = watches.get((findings.version, stream))
    if watch is None or watch.start is None or watch.end is None:
        return None
    if watch.findings == findings.id:
        return "These findings were taken already."
    if findings.end > watch.end or (watch.start, watch.end) == (findings.start, findings.end):
        return None
    return (
        f"Their window ends {findings.end}, and that of {watch.start} to {watch.end} was taken already: alerts go "
        "forward in time. Look at older windows with alerts of their own, in another PIPELINE_ALERTS."
    )


def asked(findings: Findings) -> tuple[Stream, Mapping[str, Finding]]:
    """The stream, and its findings by key, the worst one of each; what may be UNKNOWN without harm is left out.

    With a truth only what was held against it counts. Nothing is never nothing: then that nothing was judged is the
    finding.
    """
    stream: Stream = "log" if findings.truth is None else "truth"
    counted = [one for one in findings.findings if one.required or one.state != "UNKNOWN"]
    counted = [one for one in counted if stream_of(one) == stream]
    if not counted:
        rule: Rule = "predictions" if stream == "log" else "labels"
        baseline: BaselineKind | None = None if stream == "log" else "truth"
        counted = [Finding(rule, None, "UNKNOWN", NOTHING, rows=findings.rows, baseline=baseline)]
    worst_last = sorted(counted, key=lambda one: BADNESS.index(one.state), reverse=True)
    return stream, {alert_key(one): one for one in worst_last}


def _is_due(other: Watch, findings: Findings) -> bool:
    """Whether labels may still come of what another version answered beside or after these findings' window."""
    return other.stream == "truth" and other.end is not None and other.end > findings.start


def _taken(
    watch: Watch, found: Mapping[str, Finding], findings: Findings, patience: Patience
) -> tuple[Watch, list[Event]]:
    alerts = {(one.kind, one.key): one for one in watch.alerts}
    judged = any(one.state != "UNKNOWN" for one in found.values())
    events: list[Event] = []
    kinds: tuple[Kind, ...] = ("DRIFT", "UNKNOWN")
    for key in sorted(found.keys() | {one.key for one in watch.alerts if one.is_open}):
        finding = found.get(key)
        for kind in kinds:
            alert, step = alerts.get((kind, key)), None
            if alert is not None and alert.is_open:
                alert, step = _continued(alert, finding, judged, findings, patience)
            elif finding is not None and finding.state == kind:
                alert, step = _opened(kind, alert, finding, watch, findings), "opened"
            if alert is not None:
                alerts[kind, key] = alert
                events += [Event(step, findings.end, alert)] if step else []
    good = frozenset(key for key, one in found.items() if one.state == "OK")
    kept = tuple(alerts[name] for name in sorted(alerts))
    taken = replace(watch, start=findings.start, end=findings.end, findings=findings.id, good=good, alerts=kept)
    return taken, events


def _continued(
    alert: Alert, finding: Finding | None, judged: bool, findings: Findings, patience: Patience
) -> tuple[Alert, Step | None]:
    """An open alert after the window, and what is told of it."""
    if finding is not None and finding.state == alert.kind:
        alert = replace(alert, seen=findings.end, finding=finding)
    elif _is_over(alert, finding, judged):
        return replace(alert, closed=findings.end, told=findings.end, until=_until(alert, findings)), "resolved"
    return _again(alert, findings.end, patience)


def _is_over(alert: Alert, finding: Finding | None, judged: bool) -> bool:
    if finding is not None:
        return finding.state == "OK" or (alert.kind == "UNKNOWN" and finding.state == "DRIFT")
    # Of these no finding says OK; that the values could be judged does.
    return alert.kind == "UNKNOWN" and alert.finding.rule in SAID_ONLY_WHEN_BAD and judged


def _opened(kind: Kind, before: Alert | None, finding: Finding, watch: Watch, findings: Findings) -> Alert:
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
    )


def _again(alert: Alert, at: datetime, patience: Patience) -> tuple[Alert, Step | None]:
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


def _retired(watch: Watch, end: datetime) -> tuple[Watch, list[Event]]:
    at = max(end, watch.end or end)
    closed = {one: replace(one, closed=at, told=at, until=max(one.since, at)) for one in watch.alerts if one.is_open}
    events = [Event("retired", at, alert) for alert in closed.values()]
    return replace(watch, alerts=tuple(closed.get(one, one) for one in watch.alerts)), events


def _worst_first(event: Event) -> tuple[int, bool, float, str]:
    finding = event.alert.finding
    ratio = abs(finding.value / finding.threshold) if finding.value and finding.threshold else 1.0
    return ORDER.index(event.step), event.alert.kind != "DRIFT", -max(ratio, 1 / ratio), event.id
