"""When a finding becomes an alert, is told again, and ends: a pure function of what was known and what was found."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from artifacts.alerts import Alert, Event, Kind, Step, Stream, Watch
from artifacts.finding import Finding
from artifacts.finding_ratio import worst_first
from artifacts.findings import Findings
from artifacts.window_words import window_to, window_words
from monitoring.alert_steps import Patience, continued, opened, retired
from monitoring.asked import asked

ORDER: tuple[Step, ...] = ("escalated", "opened", "reminded", "accepted", "resolved", "settled", "retired")

Watches = Mapping[tuple[int, Stream], Watch]
Events = tuple[Event, ...]


def take(
    watches: Watches, findings: Findings, serving: int | None, patience: Patience, began: datetime | None = None
) -> tuple[Watches, Events]:
    """The watches of the model once `findings` are known, and the events to tell, worst first.

    Findings with a `truth` are known later than others: both are streams of their own. In each, findings that are
    `passed_over` change nothing; the newest window checked again, with another outcome, counts. DRIFT ends only with
    OK, or once the trailing window is all of after it and says nothing: UNKNOWN, an alert of its own, ends none. Open
    alerts of other versions are retired when findings of the version `serving` come in, in their stream; those of
    labels once its window lies behind theirs. Time is that of the window. A watch that is new keeps `began`.
    """
    stream, found = asked(findings)
    new = Watch(findings.model, findings.version, stream, began=began)
    watch = watches.get((findings.version, stream)) or new
    if passed_over(watches, findings) is not None:
        return watches, ()
    after = dict(watches)
    after[findings.version, stream], events = _taken(watch, found, findings, patience)
    if serving == findings.version:
        for name, other in watches.items():
            if other.version != serving and other.stream == stream and not _is_due(other, findings):
                after[name], told = retired(other, findings.end)
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
    newer = passed_by(watches, findings)
    if newer is None:
        return None
    return (
        f"Their window is that to {window_to(findings.end)}, and {newer} was taken already: alerts go forward in time. "
        "Look at older windows with alerts of their own: set another PIPELINE_ALERTS."
    )


def passed_by(watches: Watches, findings: Findings) -> str | None:
    """The window that alerts took in after that of `findings`, of their version and stream; None when none is newer."""
    watch = watches.get((findings.version, asked(findings)[0]))
    if watch is None or watch.start is None or watch.end is None or findings.end > watch.end:
        return None
    if (watch.start, watch.end) == (findings.start, findings.end):
        return None
    return window_words(watch.start, watch.end)


def untold(findings: Findings, known: Iterable[Alert]) -> tuple[str, ...]:
    """The keys that are DRIFT in `findings` and of which no alert says so: they were passed over, and nobody was told.

    `known` are the alerts of the model, open and past.
    """
    told = {
        one.key
        for one in known
        if (one.kind, one.version) == ("DRIFT", findings.version)
        and one.opened <= findings.end
        and (one.closed is None or findings.end < one.closed or findings.end <= one.seen)
    }
    return tuple(sorted(key for key, one in asked(findings)[1].items() if one.state == "DRIFT" and key not in told))


def _is_due(other: Watch, findings: Findings) -> bool:
    """Whether labels may still come of what another version answered beside or after these findings' window."""
    return other.stream == "truth" and other.end is not None and other.end > findings.start


def _taken(
    watch: Watch, found: Mapping[str, Finding], findings: Findings, patience: Patience
) -> tuple[Watch, list[Event]]:
    alerts = {(one.kind, one.key): one for one in watch.alerts}
    is_judged = any(one.state != "UNKNOWN" for one in found.values())
    events: list[Event] = []
    # An id is made of all that was found.
    identity = findings.id
    kinds: tuple[Kind, ...] = ("DRIFT", "UNKNOWN")
    for key in sorted(found.keys() | {one.key for one in watch.alerts if one.is_open}):
        finding = found.get(key)
        for kind in kinds:
            alert, step = alerts.get((kind, key)), None
            if alert is not None and alert.is_open:
                alert, step = continued(alert, finding, is_judged, findings, patience)
            elif finding is not None and finding.state == kind:
                alert, step = opened(kind, alert, finding, watch, findings), "opened"
            if alert is not None and finding is not None and finding.state == kind:
                alert = replace(alert, shown=identity)
            if alert is not None:
                alerts[kind, key] = alert
                events += [Event(step, findings.end, alert)] if step else []
    good = frozenset(key for key, one in found.items() if one.state == "OK")
    kept = tuple(alerts[name] for name in sorted(alerts))
    taken = replace(watch, start=findings.start, end=findings.end, findings=identity, good=good, alerts=kept)
    return taken, events


def _worst_first(event: Event) -> tuple[int, int, float, str]:
    state, far, _ = worst_first(event.alert.finding)
    return ORDER.index(event.step), state, far, event.id
