"""What drifted, and what could not be judged, each as a table with the reasons."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from artifacts.finding import Finding
from artifacts.finding_ratio import LEAST, MOST, WORDS, ratio, times, worst_first
from artifacts.findings import Findings
from artifacts.runbook import runbook_link
from monitoring.asked import NOTHING, alert_key
from monitoring.report.history import History, Since
from monitoring.report.text import (
    AGAINST,
    NONE,
    breakable,
    last_day,
    mark,
    name_of,
    number,
    prose,
    rule_of,
    subject,
    table,
)

FEW, SHOWN = 3, 40
BAR, BAR_HEIGHT = 150, 16


@dataclass(frozen=True)
class Moved:
    """All that is DRIFT of one feature, or of one metric of one slice, the farthest first."""

    findings: Sequence[Finding]


def moved(findings: Findings) -> list[Moved]:
    """What drifted, the farthest first."""
    found: dict[str, list[Finding]] = {}
    for one in sorted((one for one in findings.findings if one.state == "DRIFT"), key=worst_first):
        found.setdefault(one.feature or alert_key(one), []).append(one)
    return [Moved(several) for several in found.values()]


def unjudged(findings: Findings) -> list[Finding]:
    """What cannot be judged, what counts first; that nothing at all was judged is a finding too."""
    found = [one for one in findings.findings if one.state == "UNKNOWN"]
    if all(one.state == "UNKNOWN" and not one.required for one in findings.findings):
        found.append(Finding("predictions", None, "UNKNOWN", NOTHING, rows=findings.rows))
    return sorted(found, key=lambda one: (not one.required, one.key))


def moved_table(findings: Findings, history: History, runbook_url: str) -> str:
    """A row for each feature that drifted, by its worst rule, and for each metric; empty when none did."""
    drifted = moved(findings)
    if not drifted:
        return ""
    rows = []
    for one in drifted[:SHOWN]:
        first = one.findings[0]
        rows.append(
            [
                mark("DRIFT"),
                f"<b>{breakable(subject(first))}</b>",
                rule_of(first) + _also(one),
                f"{number(first.value)}<br><small>threshold {number(first.threshold)}</small>",
                f"{_bar(first)}<small>{times(first)} threshold</small>",
                _since(history.since_any(one.findings)),
                f"{first.rows:,}",
                _code(first, runbook_url),
            ]
        )
    left = f'<p class="note">{len(drifted) - SHOWN} more are not shown here.</p>' if len(drifted) > SHOWN else ""
    heads = ("", "what moved", "by which rule", "value", "how far", "seen first in the window to", "rows", "runbook")
    return f"<h2>What moved, farthest first</h2>{table(heads, rows, numbers=(3, 6))}{left}"


def _since(since: Since) -> str:
    told = "none before it here was OK"
    if since.good is not None:
        told = f"not yet in that to <span class='nowrap'>{last_day(since.good.end):%Y-%m-%d}</span>"
    return f"<span class='nowrap'>{last_day(since.first.end):%Y-%m-%d}</span><br><small>{told}</small>"


def _also(one: Moved) -> str:
    """The other rules, each with the farthest that it says."""
    first = one.findings[0]
    farthest = {other.rule: times(other) for other in reversed(one.findings) if other.rule != first.rule}
    told = ", ".join(f"{WORDS[rule]} {far}" for rule, far in reversed(farthest.items()))
    return f"<br><small>also {told}</small>" if told else ""


def unjudged_table(findings: Findings, runbook_url: str) -> str:
    """A row for each reason why something is UNKNOWN, what does not count folded away; empty when nothing is."""
    found = unjudged(findings)
    counts, others = [one for one in found if one.required], [one for one in found if not one.required]
    told = _reasons(counts, runbook_url)
    if others:
        number = f"{len(others)} {'rule' if len(others) == 1 else 'rules'}"
        told += f"<details><summary>{number} could not be judged and need not be</summary>"
        told += f"{_reasons(others, runbook_url)}</details>"
    return f"<h2>What cannot be judged, and why</h2>{told}" if found else ""


def _reasons(found: Sequence[Finding], runbook_url: str) -> str:
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for one in found:
        alike.setdefault((one.feature, one.part, one.reason.code, _why(one)), []).append(one)
    rows = [
        [
            mark("UNKNOWN"),
            f"<b>{_about(several)}</b>",
            _rules_of(several),
            _why(several[0]),
            f"{several[0].rows:,}" if several[0].is_counted else NONE,
            _code(several[0], runbook_url),
        ]
        for several in list(alike.values())[:SHOWN]
    ]
    left = f'<p class="note">{len(alike) - SHOWN} more are not shown here.</p>' if len(alike) > SHOWN else ""
    heads = ("", "about", "by which rules", "why", "rows", "runbook")
    return f"{table(heads, rows, numbers=(4,))}{left}" if rows else ""


def _about(several: Sequence[Finding]) -> str:
    """A metric by its name, where it is the only one."""
    names = {subject(one) for one in several}
    return breakable(names.pop()) if len(names) == 1 else name_of(several[0].feature)


def _rules_of(several: Sequence[Finding]) -> str:
    rules = dict.fromkeys(WORDS.get(one.rule, one.rule) for one in several)
    against = dict.fromkeys(AGAINST[one.baseline] for one in several if one.baseline)
    part = f", {prose(several[0].part)}" if several[0].part else ""
    return ", ".join(rules) + (f" against {' and '.join(against)}" if against else "") + part


def _why(finding: Finding) -> str:
    return prose(finding.reason.text) + ("" if finding.required else " <small>(does not count)</small>")


def _code(finding: Finding, runbook_url: str) -> str:
    code, url = escape(finding.reason.code), runbook_link(runbook_url, finding.reason.code)
    if not url.startswith(("http://", "https://")):
        return f'<code class="code">{code}</code>'
    return f'<a href="{escape(url)}"><code class="code">{code}</code></a>'


def _bar(finding: Finding) -> str:
    """The value on a logarithmic axis from a tenth of the threshold, which is the dashed line, to a hundred of it."""
    wide, wall = (round(BAR * math.log(found / LEAST, MOST / LEAST), 1) for found in (ratio(finding) or LEAST, 1.0))
    return (
        f'<svg class="bar" viewBox="0 0 {BAR} {BAR_HEIGHT}" width="{BAR}" height="{BAR_HEIGHT}" aria-hidden="true">'
        f'<rect x="0" y="4" width="{wide}" height="8" fill="#C04A00"/>'
        f'<path d="M{wall} 0V{BAR_HEIGHT}" stroke="#1d2129" stroke-width="2" stroke-dasharray="3 2"/></svg>'
    )
