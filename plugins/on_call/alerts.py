"""What is open, and what was: alerts with their rule, numbers, reason and section of the runbook."""

from collections.abc import Mapping
from datetime import datetime

from artifacts import alerts, lost_alerts
from artifacts.alerts import Alert, Stream, seen_last, stream_of
from artifacts.finding import part_in_words
from artifacts.finding_ratio import WORDS
from artifacts.runbook import runbook_link
from artifacts.window_words import window_to
from plugins.on_call.chart import digits
from plugins.on_call.heat import called
from plugins.on_call.home import Home
from plugins.on_call.markup import NONE, Child, Html, el, folded, join, name, outside, table
from plugins.on_call.words import state

PAST = 30


def alert_list(home: Home, model: str) -> Html:
    """What is open, then what was."""
    taken, found = _read(home, model)
    current = sorted((one for one in found if one.is_open), key=lambda one: (one.kind, one.opened))
    past = sorted((one for one in found if not one.is_open), key=lambda one: one.closed or one.opened, reverse=True)
    if not found:
        return el("p", "No alert was ever opened.")
    first = _alerts(home, current, taken) if current else el("p", "✓ Nothing is open.")
    more = f", the newest {PAST} of them" if len(past) > PAST else ""
    return join(first, folded(f"{len(past)} past{more}", _alerts(home, past[:PAST], taken)) if past else None)


def alerts_of(home: Home, model: str) -> tuple[Alert, ...]:
    """As `lost_alerts.alerts_of`, read once for each page."""
    return _read(home, model)[1]


def _read(home: Home, model: str) -> tuple[Mapping[tuple[int, Stream], datetime], tuple[Alert, ...]]:
    # What was taken in first, lest an alert that a check confirms in between look left behind.
    return home.once(
        ("alerts", model),
        lambda: (alerts.taken_to(home.places.alerts, model), lost_alerts.alerts_of(home.places, model)),
    )


def _alerts(home: Home, shown: list[Alert], taken: Mapping[tuple[int, Stream], datetime]) -> Html:
    rows: list[list[Child]] = []
    for one in shown:
        finding = one.finding
        value = (
            f"{digits(finding.value)} (threshold {digits(finding.threshold)})" if finding.value is not None else NONE
        )
        base = home.settings.runbook_url
        code = finding.reason.code
        rows.append(
            [
                state(one.kind),
                join(el("b", name(called(finding.feature))), f" {part_in_words(finding.part)}" if finding.part else ""),
                join(WORDS.get(finding.rule, finding.rule), f" against {finding.baseline}" if finding.baseline else ""),
                value,
                f"the window to {window_to(one.opened)}",
                _until(one, seen_last(one, taken.get((one.version, stream_of(finding))))),
                f"v{one.version}",
                outside(runbook_link(base, code) if base else None, el("code", code)),
                finding.reason.text,
            ]
        )
    return table(("", "what", "rule", "value", "since", "until", "version", "runbook", "why"), rows)


def _until(alert: Alert, last: str) -> str:
    until = "open" if alert.closed is None else f"the window to {window_to(alert.closed)}"
    until += f", {last}" if last else ""
    return until if alert.accepted_by is None else f"{until}, accepted by {alert.accepted_by}: {alert.accepted_because}"
