"""What could not be judged, as a table with the reasons."""

from collections.abc import Sequence

from artifacts.finding import Finding, part_in_words
from artifacts.finding_ratio import WORDS
from artifacts.findings import Findings
from monitoring.asked import NOTHING
from monitoring.report.text import AGAINST, NONE, breakable, code_link, mark, name_of, prose, subject, table

SHOWN = 40


def unjudged(findings: Findings) -> list[Finding]:
    """What cannot be judged, what counts first; that nothing at all was judged is a finding too."""
    found = [one for one in findings.findings if one.state == "UNKNOWN"]
    if all(one.state == "UNKNOWN" and not one.required for one in findings.findings):
        found.append(Finding("predictions", None, "UNKNOWN", NOTHING, rows=findings.rows))
    return sorted(found, key=lambda one: (not one.required, one.key))


def unjudged_table(findings: Findings, runbook_url: str) -> str:
    """A row for each reason why something is UNKNOWN, and empty when nothing is.

    What does not count, and has nothing that mends it, is folded away.
    """
    found = unjudged(findings)
    shown = [one for one in found if one.required or one.reason.next_step]
    others = [one for one in found if one not in shown]
    told = _reasons(shown, runbook_url)
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
            code_link(several[0].reason.code, runbook_url),
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
    part = f", {prose(part_in_words(several[0].part))}" if several[0].part else ""
    return ", ".join(rules) + (f" against {' and '.join(against)}" if against else "") + part


def _why(finding: Finding) -> str:
    return prose(finding.reason.text) + ("" if finding.required else " <small>(does not count)</small>")
