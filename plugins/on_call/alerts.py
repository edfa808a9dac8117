"""What is open, and what was: alerts with their rule, numbers, reason and section of the runbook."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from artifacts import alerts, lost_alerts
from artifacts.alerts import Alert, Stream, begins, seen_last, stream_of
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
OPEN = 15
NEVER = "? nothing was checked yet"
# The end of what was taken in last, by version and stream.
Taken = Mapping[tuple[int, Stream], datetime]


def alert_list(home: Home, model: str) -> Html:
    """What is open, then what was."""
    taken, since, found = _read(home, model)
    current = sorted((one for one in found if one.is_open), key=lambda one: (one.kind, one.opened))
    past = sorted((one for one in found if not one.is_open), key=lambda one: one.closed or one.opened, reverse=True)
    if not found:
        none = "No alert is known to have been opened." if since else "No alert was ever opened."
        return join(el("p", none if was_checked(home, model) else NEVER), el("p", since) if since else None)
    first = _shown(home, current, taken) if current else el("p", "✓ Nothing is open.")
    more = f", the newest {PAST} of them" if len(past) > PAST else ""
    rest = folded(f"{len(past)} past{more}", _alerts(home, past[:PAST], taken)) if past else None
    return join(first, rest, el("p", since) if since else None)


def alerts_of(home: Home, model: str) -> tuple[Alert, ...]:
    """As `lost_alerts.alerts_of`, read once for each page."""
    return _read(home, model)[2]


def was_checked(home: Home, model: str) -> bool:
    """Whether the alerts took in any check; raises as `alerts_of`."""
    return bool(_read(home, model)[0])


def _read(home: Home, model: str) -> tuple[Taken, str, tuple[Alert, ...]]:
    """What was taken in, since when where not from the start, and every alert."""

    def read() -> tuple[Taken, str, tuple[Alert, ...]]:
        # What was taken in first, lest an alert that a check confirms in between look left behind.
        watches = alerts.bare_watches(home.places.alerts, model)
        taken = {(one.version, one.stream): one.end for one in watches if one.end is not None}
        return taken, begins(watches), lost_alerts.alerts_of(home.places, model)

    return home.once(("alerts", model), read)


def _shown(home: Home, current: list[Alert], taken: Taken) -> Html:
    """Those that are open; of many the first, and the rest on request, so that the page goes on below."""
    first, rest = current[:OPEN], current[OPEN:]
    if not rest:
        return _alerts(home, first, taken)
    kinds = Counter(one.kind for one in rest)
    said = f"{len(rest)} more that are open: {', '.join(f'{many} {kind}' for kind, many in sorted(kinds.items()))}"
    return join(_alerts(home, first, taken), folded(said, _alerts(home, rest, taken)))


def _alerts(home: Home, shown: list[Alert], taken: Taken) -> Html:
    return table(("", "what", "rule", "value", "since the window to", "why"), [_row(home, one, taken) for one in shown])


def _row(home: Home, one: Alert, taken: Taken) -> list[Child]:
    finding, base = one.finding, home.settings.runbook_url
    what = f"{part_in_words(finding.part)}, v{one.version}" if finding.part else f"v{one.version}"
    against = el("small", f" against {finding.baseline}") if finding.baseline else ""
    value = digits(finding.value) if finding.value is not None else NONE
    of = el("small", f" (threshold {digits(finding.threshold)})") if finding.value is not None else ""
    code = finding.reason.code
    return [
        state(one.kind),
        join(el("b", name(called(finding.feature))), " ", el("small", what)),
        join(WORDS.get(finding.rule, finding.rule), against),
        join(value, of),
        join(window_to(one.opened), el("small", f", {_until(one, taken)}")),
        join(finding.reason.text, " ", outside(runbook_link(base, code) if base else None, el("code", code))),
    ]


def _until(alert: Alert, taken: Taken) -> str:
    last = seen_last(alert, taken.get((alert.version, stream_of(alert.finding))))
    until = "open" if alert.closed is None else f"until the one to {window_to(alert.closed)}"
    until += f", {last}" if last else ""
    return until if alert.accepted_by is None else f"{until}, accepted by {alert.accepted_by}: {alert.accepted_because}"
