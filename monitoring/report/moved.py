"""What drifted, as tables: what moved, and what differs between the log and the training set."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from artifacts.finding import Finding
from artifacts.finding_ratio import LEAST, MOST, WORDS, ratio, times, worst_first
from artifacts.findings import Findings
from artifacts.window_words import window_to
from monitoring.asked import alert_key
from monitoring.report.history import History, Since
from monitoring.report.text import NONE, breakable, code_link, mark, number, rule_of, subject, table

FEW, SHOWN = 3, 40
BAR, BAR_HEIGHT = 150, 16


@dataclass(frozen=True)
class Drifted:
    """All that is DRIFT of one feature, or of one metric of one slice, the farthest first."""

    findings: Sequence[Finding]


def moved(findings: Findings) -> list[Drifted]:
    """What moved, the farthest first; by skew nothing did."""
    return _drifted(one for one in findings.findings if one.rule != "skew")


def differing(findings: Findings) -> list[Drifted]:
    """The features that were answered with other values than dbt computes for the same rows."""
    return _drifted(one for one in findings.findings if one.rule == "skew")


def _drifted(findings: Iterable[Finding]) -> list[Drifted]:
    found: dict[str, list[Finding]] = {}
    for one in sorted((one for one in findings if one.state == "DRIFT"), key=worst_first):
        found.setdefault(one.feature or alert_key(one), []).append(one)
    return [Drifted(several) for several in found.values()]


def moved_table(findings: Findings, history: History, runbook_url: str) -> str:
    """A row for each feature that moved, by its worst rule, and for each metric; empty when none did."""
    drifted = moved(findings)
    shown = _table("what moved", drifted, history, runbook_url)
    return f"<h2>What moved, farthest first</h2>{shown}" if drifted else ""


def differing_table(findings: Findings, history: History, runbook_url: str) -> str:
    """A row for each feature that differs; empty when none does."""
    drifted = differing(findings)
    shown = _table("what differs", drifted, history, runbook_url)
    return f"<h2>What differs from what dbt computes</h2>{shown}" if drifted else ""


def _table(head: str, drifted: Sequence[Drifted], history: History, runbook_url: str) -> str:
    rows = []
    for one in drifted[:SHOWN]:
        first = one.findings[0]
        rows.append(
            [
                mark("DRIFT"),
                f"<b>{breakable(subject(first))}</b>",
                rule_of(first) + _also(one),
                f"{number(first.value)}<br><small>threshold {number(first.threshold)}</small>",
                f"{_bar(first)}<small>{times(first)} threshold</small>" if times(first) else NONE,
                _since(history.since_any(one.findings)),
                f"{first.rows:,}",
                code_link(first.reason.code, runbook_url),
            ]
        )
    left = f'<p class="note">{len(drifted) - SHOWN} more are not shown here.</p>' if len(drifted) > SHOWN else ""
    heads = ("", head, "by which rule", "value", "how far", "seen first in the window to", "rows", "runbook")
    return f"{table(heads, rows, numbers=(3, 6))}{left}"


def _since(since: Since) -> str:
    told = "none before it here was OK"
    if since.good is not None:
        told = f"not yet in that to <span class='nowrap'>{window_to(since.good.end)}</span>"
    return f"<span class='nowrap'>{window_to(since.first.end)}</span><br><small>{told}</small>"


def _also(one: Drifted) -> str:
    """The other rules, each with the farthest that it says."""
    first = one.findings[0]
    farthest = {other.rule: times(other) for other in reversed(one.findings) if other.rule != first.rule}
    told = ", ".join(f"{WORDS[rule]} {far}".rstrip() for rule, far in reversed(farthest.items()))
    return f"<br><small>also {told}</small>" if told else ""


def _bar(finding: Finding) -> str:
    """The value on a logarithmic axis from a tenth of the threshold, which is the dashed line, to a hundred of it."""
    wide, wall = (round(BAR * math.log(found / LEAST, MOST / LEAST), 1) for found in (ratio(finding) or LEAST, 1.0))
    return (
        f'<svg class="bar" viewBox="0 0 {BAR} {BAR_HEIGHT}" width="{BAR}" height="{BAR_HEIGHT}" aria-hidden="true">'
        f'<rect x="0" y="4" width="{wide}" height="8" fill="#C04A00"/>'
        f'<path d="M{wall} 0V{BAR_HEIGHT}" stroke="#1d2129" stroke-width="2" stroke-dasharray="3 2"/></svg>'
    )
