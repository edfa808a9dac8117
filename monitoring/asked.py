"""What findings ask of the alerts: their stream, and the worst finding of each key."""

import re
from collections.abc import Mapping
from dataclasses import replace

from artifacts.alerts import Stream, stream_of
from artifacts.finding import BaselineKind, Finding, Reason, Rule, State
from artifacts.findings import Findings

BADNESS: tuple[State, ...] = ("DRIFT", "UNKNOWN", "OK")
NOTHING = Reason("findings.nothing_judged", "No rule was asked of this window: nothing is known of it.")
_WEEK = re.compile(r"\d{4}-\d{2}-\d{2}")


def alert_key(finding: Finding) -> str:
    """The finding's key without a week, so that this week's alert is the one that next week's finding ends."""
    return replace(finding, part=None).key if finding.part and _WEEK.fullmatch(finding.part) else finding.key


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
